/** What a generator says to the conductor, checked before anything is made of it. */
import { z } from "zod";
import type { CrowdFinal, CrowdInterval } from "../common/records.ts";

/** A run that takes a minute longer than planned is stuck; more seconds than this are nobody's. */
const overtimeS = 120;
const histogramsAtMost = 10_000;

const count = z.number().int().nonnegative();
const counters = z.record(z.string(), z.number().nonnegative());
const ms = z.number().nonnegative();

interface Bounds {
  generator: number;
  durationMs: number;
}

/** Throws a ZodError that names the first thing that does not fit. */
export function parseInterval(body: unknown, { generator, durationMs }: Bounds): CrowdInterval {
  const lastIndex = Math.ceil(durationMs / 1000) + overtimeS;
  const parsed = z
    .looseObject({
      generator: z.literal(generator),
      index: count.max(lastIndex),
      fromMs: ms,
      toMs: ms.max((lastIndex + 1) * 1000),
      phase: z.string().min(1).max(64),
      histograms: z
        .record(z.string().max(200), z.string())
        .refine((all) => Object.keys(all).length <= histogramsAtMost, {
          error: `at most ${histogramsAtMost} histograms`,
        })
        .optional(),
      counters,
      self: counters,
    })
    .parse(body);
  return parsed as unknown as CrowdInterval;
}

/** As above. */
export function parseFinal(body: unknown, { generator }: Pick<Bounds, "generator">): CrowdFinal {
  const parsed = z
    .looseObject({
      generator: z.literal(generator),
      planned: count,
      connected: count,
      failed: count,
      skipped: count,
      counters,
      errors: z.record(z.string(), count),
      streams: z.record(z.string(), z.unknown()),
    })
    .parse(body);
  return parsed as unknown as CrowdFinal;
}
