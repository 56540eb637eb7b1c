import { z } from "zod";
import { matchEvent, streamName } from "../service/event-schema.ts";

const ms = z.number().finite();

/** Body of `POST /v1/feed`. */
export const feedRequest = z.object({
  startAtUs: z.number().int().positive(),
  script: z.object({
    items: z.array(
      z.object({
        atMs: ms,
        stream: streamName,
        class: z.enum(["goal", "correction", "card", "status"]),
        event: matchEvent,
      }),
    ),
    odds: z.array(
      z.object({
        stream: streamName,
        everyMs: z.number().positive(),
        fromMs: ms,
        toMs: ms,
        seed: z.number().int(),
      }),
    ),
    trace: z
      .object({
        share: z.number().min(0).max(1),
        windows: z.array(z.object({ fromMs: ms, toMs: ms })),
      })
      .exactOptional(),
  }),
});
