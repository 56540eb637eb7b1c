import { z } from "zod";
import type { SystemJudge } from "../../system-judge.ts";
import { finalScreen } from "./final-screen.ts";
import { feedDifferences } from "./planned-feed.ts";

const ms = z.number().nonnegative().max(1e10);

const script = z.looseObject({
  items: z.array(z.looseObject({ atMs: ms, stream: z.string() })),
  odds: z.array(z.looseObject({ stream: z.string(), everyMs: z.number().positive(), fromMs: ms, toMs: ms })),
});

export const liveScores: SystemJudge = { script, invariants: [finalScreen], findings: [], feedDifferences };
