import type { HistoryEntry, Journey } from "../../../common/journey.ts";
import type { RunRecord } from "../../../measurements/run-record.ts";
import type { Plan } from "../../plan.ts";
import type { OwnSign } from "../../system-judge.ts";
import { rolesOf } from "./steps.ts";

/** What buyers met, second by second of the run, that was neither a yes nor a no. */
export interface Setbacks {
  /** Who was told that a booking is pending, and knows no more at the end of the second. */
  waiting(second: number): number;
  /** Holds and bookings that were asked for and got no answer, or were put off (503). */
  putOff(second: number): number;
}

export function setbacksOf(
  history: readonly HistoryEntry[],
  journeys: readonly Journey[],
  startAtUs: number,
): Setbacks {
  const roles = rolesOf(journeys);
  const begun = new Map<number, number>();
  const waiting = new Map<number, number>();
  const putOff = new Map<number, number>();
  const secondOf = ({ atUs }: HistoryEntry) => Math.floor((atUs - startAtUs) / 1e6);
  const addTo = (counts: Map<number, number>, second: number) =>
    counts.set(second, (counts.get(second) ?? 0) + 1);
  const waitedUntil = (client: number, end: number) => {
    for (let second = begun.get(client) ?? end; second < end; second++) addTo(waiting, second);
    begun.delete(client);
  };
  let last = 0;
  for (const entry of history) {
    const role = roles.get(entry.step);
    const second = secondOf(entry);
    last = Math.max(last, second);
    // A stream that is opened again says nothing about a booking, and who asks for its state may hear the same again.
    if (role === "join" && entry.type !== "end") continue;
    if (role === "ask" && (entry.type !== "ok" || entry.values?.state === "pending")) continue;
    waitedUntil(entry.client, second);
    if (role === "book" && entry.type === "ok" && entry.status === 202) begun.set(entry.client, second);
    const failed = entry.type === "info" || (entry.type === "fail" && entry.status === 503);
    if (role !== undefined && failed) addTo(putOff, second);
  }
  for (const client of [...begun.keys()]) waitedUntil(client, last + 1);
  return {
    waiting: (second) => waiting.get(second) ?? 0,
    putOff: (second) => putOff.get(second) ?? 0,
  };
}

/** What buyers meet is a sign of trouble where it is more than usual. */
export function setbackSigns({ history = [] }: RunRecord, plan: Plan): OwnSign[] {
  const setbacks = setbacksOf(history, plan.crowd.journeys ?? [], plan.startAtUs ?? 0);
  return [
    { sign: "bookings are pending", inSecond: setbacks.waiting },
    { sign: "requests are put off", inSecond: setbacks.putOff },
  ];
}
