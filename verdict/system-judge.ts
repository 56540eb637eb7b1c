import type { z } from "zod";
import type { RunRecord } from "../measurements/run-record.ts";
import type { JourneySummary } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import type { Finder } from "./findings/finding.ts";
import type { Invariant } from "./invariants/invariant.ts";
import type { PartSign } from "./part-signs.ts";
import type { Plan } from "./plan.ts";
import type { Judgement } from "./sentence.ts";
import type { Shares } from "./shares.ts";

/** What a system adds to how its runs are judged. `Own`: what its own records say, worked up once. */
export interface SystemJudge<Own = unknown> {
  /** What a plan tells it to do has to be this. */
  script: z.ZodType;
  /** What must never be otherwise. */
  invariants: readonly Invariant[];
  /** Weaknesses that only its runs can show. */
  findings: readonly Finder[];
  /** @returns `undefined` for a run that has none of its records */
  workUp?(plan: Plan, record: RunRecord): Own | undefined;
  /** Shares of a whole run that objectives may be about. */
  shares?(own: Own): Shares;
  /** How its clients show trouble, beside what every crowd shows. */
  signs?(record: RunRecord, plan: Plan): readonly OwnSign[];
  /** How its parts show trouble, beside what every part shows. */
  partSigns?: readonly PartSign[];
  /** How what was published differs from what was planned. */
  feedDifferences?(evidence: Evidence): FeedDifferences;
  /** What a run achieved, as a clause; `undefined`: what every run is said to have achieved. */
  achievement?(judgement: Judgement): string | undefined;
  /** How far its clients came, and what they left. */
  funnel?(own: Own): Pick<JourneySummary, "funnel" | "seats">;
}

/** A count that is more than usual when something is wrong. */
export interface OwnSign {
  /** `bookings are pending` */
  sign: string;
  /** @param second its index */
  inSecond(second: number): number;
}

/** Where ledger and plan differ; each as a fact. */
export interface FeedDifferences {
  /** Planned, due while somebody was owed it, and never published. */
  missing: string[];
  /** Published at a time that cannot be. */
  impossible: string[];
}
