import type { SystemName } from "../../common/systems.ts";
import type { Invariant } from "../invariants/invariant.ts";
import { ledgerContiguous } from "../invariants/ledger-contiguous.ts";
import { nothingMisdelivered } from "../invariants/nothing-misdelivered.ts";
import type { SystemJudge } from "../system-judge.ts";
import { boxOffice } from "./box-office/judge.ts";
import { liveScores } from "./live-scores/judge.ts";

const judges: Readonly<Record<SystemName, SystemJudge>> = {
  "live-scores": liveScores,
  "box-office": boxOffice as SystemJudge,
};

export const systemNames = Object.keys(judges) as SystemName[];

export const judgeOf = (system: SystemName): SystemJudge => judges[system];

/** Of whatever publishes events, */
const ofAll: readonly Invariant[] = [ledgerContiguous, nothingMisdelivered];

export const invariantsOf = (system: SystemName): readonly Invariant[] => [
  ...ofAll,
  ...judges[system].invariants,
];

/** and of each system. */
export const invariants: readonly Invariant[] = [
  ...ofAll,
  ...Object.values(judges).flatMap((judge) => judge.invariants),
];
