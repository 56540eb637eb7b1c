/** What the text reports say in the same words. */
import { formatMs } from "../common/duration.ts";
import type { JudgedFault, Verdict } from "../verdict/contract.ts";
import { countOf, formatCount, formatRatio } from "../verdict/words.ts";

export type Mark = "ok" | "failed" | "not-exercised";

export function markOf(ok: boolean | null): Mark {
  return ok === null ? "not-exercised" : ok ? "ok" : "failed";
}

const order: readonly Mark[] = ["failed", "not-exercised", "ok"];

/** Failed ones first, then what was not exercised; otherwise as the budget has them. */
export function failedFirst<T extends { ok: boolean | null }>(judged: readonly T[]): T[] {
  return judged.toSorted((a, b) => order.indexOf(markOf(a.ok)) - order.indexOf(markOf(b.ok)));
}

/** `score 100`, or `score 100, of what was exercised; not exercised: Resume (p99)`: the score says nothing of it. */
export function scoreOf(
  verdict: Pick<Verdict, "score" | "untested" | "untestedAs" | "objectives" | "invariants">,
): string {
  const { score, untested, untestedAs, objectives, invariants } = verdict;
  if (untested.length === 0) return `score ${score}`;
  const named = untestedNames({ untested, objectives, invariants }).join(", ");
  return untestedAs === "fail"
    ? `score ${score}; not exercised, and weighed as failed: ${named}`
    : `score ${score}, of what was exercised; not exercised: ${named}`;
}

/** Of what was not exercised: by title, and expectations by fault. */
export function untestedNames({
  untested,
  objectives,
  invariants,
}: Pick<Verdict, "untested" | "objectives" | "invariants">): string[] {
  const titles = new Map([...objectives, ...invariants].map(({ id, title }) => [id, title]));
  return untested.map((id) => titles.get(id) ?? id);
}

export function faultTimesOf({ detectedAfterMs, steadyAfterMs, injected, healed }: JudgedFault): string {
  if (!injected) return "not injected";
  const detected =
    detectedAfterMs === null ? "no sign of its own" : `detected after ${formatMs(detectedAfterMs)}`;
  if (!healed) return `${detected}, not healed`;
  const steady =
    steadyAfterMs === null ? "not steady again" : `steady ${formatMs(steadyAfterMs)} after the heal`;
  return `${detected}, ${steady}`;
}

export function spanOf({ fromMs, toMs }: { fromMs: number; toMs: number }): string {
  return `${formatMs(fromMs)} – ${formatMs(toMs)}`;
}

export function clientsOf({ clients, delivery, journeys }: Verdict): string {
  const came = `${formatCount(clients.connected)} of ${countOf(clients.planned, "client")} connected, all open after ${formatMs(clients.openWithinMs)}`;
  // Who walks a journey follows no stream of events: nothing is owed.
  if (journeys && delivery.expected === 0) return came;
  const notJudged = delivery.notJudged > 0 ? `, ${formatCount(delivery.notJudged)} not judged` : "";
  return `${came}; ${formatRatio(delivery.ratio)} of ${countOf(delivery.expected, "owed delivery", "owed deliveries")} on time, ${formatCount(delivery.late)} late, ${formatCount(delivery.lost)} lost${notJudged}`;
}

/** `312 of 2,000 clients saw a goal late; bad time of a client p50 0 ms, p99 8.2 s`; nothing where it is not known. */
export function usersOf({ users }: Pick<Verdict, "users">): string[] {
  if (!users) return [];
  const { clients, withLateGoal, badTimeP50Ms, badTimeP99Ms } = users;
  return [
    `${formatCount(withLateGoal)} of ${countOf(clients, "client")} saw a goal late; bad time of a client p50 ${formatMs(badTimeP50Ms)}, p99 ${formatMs(badTimeP99Ms)}`,
  ];
}

/** How far clients came, and how their journeys ended. */
export function journeysOf({ journeys }: Verdict): string[] {
  if (!journeys) return [];
  const { funnel, ends, seats } = journeys;
  const bots = funnel.filter((stage) => stage.bots > 0);
  return [
    funnel.map(({ stage, buyers }) => `${formatCount(buyers)} ${stage}`).join(" → "),
    bots.length > 0
      ? `bots: ${bots.map((stage) => `${formatCount(stage.bots)} ${stage.stage}`).join(" → ")}`
      : "",
    seats
      ? `${countOf(seats.all, "seat")}: ${formatCount(seats.sold)} sold, ${formatCount(seats.held)} held, ${formatCount(seats.free)} free`
      : "",
    ...ends.map(
      ({ journey, end, cause, clients }) =>
        `${formatCount(clients)} ${end}${cause === "" ? "" : `: ${cause}`} (${journey})`,
    ),
  ].filter((line) => line !== "");
}

/** Whether and why the instrument can be believed, in a line. */
export function instrumentOf({ generator }: Verdict): string {
  const parts = [
    countOf(generator.processes, "generator"),
    `${(generator.bytesPerClient / 1024).toFixed(1)} KB a client`,
    `${generator.cpuUsPerEvent.toFixed(1)} µs an event`,
    `release lag p99 ${formatMs(generator.releaseLagP99Ms)}`,
    `read lag p99 ${formatMs(generator.readLagP99Ms)}`,
    `${formatRatio(generator.kernelTimestampRatio)} kernel timestamps`,
    `clock ± ${formatMs(generator.clockErrorUs / 1000)}`,
  ];
  if (generator.saturated) parts.push("machine full");
  return parts.join(" · ");
}
