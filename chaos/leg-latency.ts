import { z } from "zod";
import { formatMs } from "../common/duration.ts";
import type { ToxicSpec } from "../reference-stack/toxiproxy.ts";
import type { FaultKind } from "./contract.ts";
import { durationOption, faultKind } from "./fault-kind.ts";
import { addToxics, legMisfits, legsOption, legTarget, removeToxics } from "./leg-fault.ts";
import { legsMatching } from "./stack-shape.ts";

interface LatencyPreset {
  id: string;
  title: string;
  legs: string;
  whose: string;
  latency: string;
  jitter: string;
  band: string;
}

/** Answers on a leg come late: by `latency`, give or take `jitter`, and still in their order. */
export function legLatency(preset: LatencyPreset): FaultKind {
  const toxic = (latency: number, jitter: number): ToxicSpec => ({
    name: `matchday-${preset.id}`,
    type: "latency",
    stream: "downstream",
    toxicity: 1,
    attributes: { latency: Math.round(latency), jitter: Math.round(jitter) },
  });
  return faultKind({
    id: preset.id,
    title: preset.title,
    options: z
      .strictObject({
        legs: legsOption(preset.legs),
        latency: durationOption(preset.latency),
        jitter: durationOption(preset.jitter),
      })
      .refine(({ latency, jitter }) => latency + jitter >= 1, {
        message: "latency and jitter are both 0: nothing would happen",
        path: ["latency"],
      }),
    defaults: { legs: preset.legs, latency: preset.latency, jitter: preset.jitter },
    misfits: ({ legs }, stack) => legMisfits(legs, stack),
    touches: ({ legs }, stack) => legsMatching(legs, stack),
    target: ({ legs }, stack) => legTarget(legs, preset, stack),
    band: ({ latency, jitter }) =>
      `${preset.band} ${formatMs(latency)}${jitter > 0 ? ` ± ${formatMs(jitter)}` : ""}`,
    undo: ({ legs, latency, jitter }, stack) => removeToxics(legs, stack, [toxic(latency, jitter)]),
    inject: ({ legs, latency, jitter }, stack) => addToxics(legs, stack, [toxic(latency, jitter)]),
  });
}
