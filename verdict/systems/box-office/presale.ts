import type { RunRecord } from "../../../measurements/run-record.ts";
import type { Evidence } from "../../evidence.ts";
import type { Plan } from "../../plan.ts";
import { type Books, booksOf } from "./books.ts";
import { type Told, toldTo } from "./told.ts";

/** A presale, worked up once: what clients were told, and what the databases held after it. */
export interface Presale {
  books: Books;
  told: Map<number, Told>;
  /** An instant before the audit, and no long time: what was due then is overdue. */
  auditedAfterUs: number;
}

/** @returns `undefined` for a run in which nothing was on sale */
export function presaleOf(plan: Plan, { history = [], audit }: RunRecord): Presale | undefined {
  if (audit === undefined) return undefined;
  const books = booksOf(audit);
  let auditedAfterUs = (plan.startAtUs ?? 0) + plan.durationMs * 1000;
  for (const { atUs } of history) auditedAfterUs = Math.max(auditedAfterUs, atUs);
  return { books, told: toldTo(history, plan.crowd.journeys ?? []), auditedAfterUs };
}

/** What was worked up of a run of the box office; `undefined` where nothing was on sale. */
export function saleOf({ plan, own }: Pick<Evidence, "plan" | "own">): Presale | undefined {
  return plan.system.id === "box-office" ? (own as Presale | undefined) : undefined;
}
