import { z } from "zod";
import { matchEvent, streamName } from "../match-data/event-schema.ts";

const dayMs = 86_400_000;
/** From the start: within a week of it. */
const ms = z
  .number()
  .min(-7 * dayMs)
  .max(7 * dayMs);
/** All are made before the first is said: some 300 bytes each. */
const oddsLimit = 2_000_000;

/** Body of `POST /v1/feed`. */
export const feedRequest = z.object({
  // Two centuries from now: all instants of a script are exact numbers.
  startAtUs: z.number().int().positive().max(8e15),
  script: z.object({
    items: z.array(
      z.object({
        atMs: ms,
        stream: streamName,
        class: z.enum(["goal", "correction", "card", "status"]),
        event: matchEvent,
      }),
    ),
    odds: z
      .array(
        z.object({
          stream: streamName,
          everyMs: z.number().positive(),
          fromMs: ms,
          toMs: ms,
          seed: z.number().int(),
        }),
      )
      .refine(
        (feeds) =>
          feeds.reduce((sum, { everyMs, fromMs, toMs }) => sum + Math.max(0, (toMs - fromMs) / everyMs), 0) <=
          oddsLimit,
        `a script has at most ${oddsLimit} odds`,
      ),
    trace: z
      .object({
        share: z.number().min(0).max(1),
        windows: z.array(z.object({ fromMs: ms, toMs: ms })),
      })
      .exactOptional(),
  }),
});
