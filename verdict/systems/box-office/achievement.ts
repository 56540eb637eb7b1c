import { formatMs } from "../../../common/duration.ts";
import { wholeSeconds } from "../../fault-clauses.ts";
import type { Judgement } from "../../sentence.ts";
import { countOf, formatCount } from "../../words.ts";
import { saleOf } from "./presale.ts";
import { rolesOf } from "./steps.ts";

/** `1,250 of 1,250 seats sold in 48 s, none twice, to 625 of 5,000 who joined within 412 ms (p99)` */
export function saleAchieved({ evidence, invariants }: Judgement): string | undefined {
  const { plan, measures, startAtUs } = evidence;
  const sale = saleOf(evidence);
  if (!sale) return undefined;
  const { books, told } = sale;
  const sold = [...books.seats.values()].filter(({ state }) => state === "sold").length;
  const all = books.sections.reduce((sum, { seats }) => sum + seats, 0);
  const clients = [...told.values()];
  const buyers = clients.filter(({ confirmed }) => confirmed.length > 0);
  const joined = clients.filter(({ ordinals }) => ordinals.length > 0);
  const lastUs = buyers.reduce((last, { end }) => Math.max(last, end?.atUs ?? 0), startAtUs);
  const inMs = wholeSeconds((lastUs - startAtUs) / 1000);
  const once = invariants.some(({ id, ok }) => id === "no-seat-sold-twice" && ok) ? ", none twice," : "";
  const [step] = [...rolesOf(plan.crowd.journeys ?? [])].find(([, role]) => role === "join") ?? [];
  const join = step === undefined ? undefined : measures.summary(`request{step=${step}}`);
  const within = join ? ` within ${formatMs(join.p99Ms)} (p99)` : "";
  return `${formatCount(sold)} of ${countOf(all, "seat")} sold in ${formatMs(inMs)}${once} to ${formatCount(buyers.length)} of ${formatCount(joined.length)} who joined${within}`;
}
