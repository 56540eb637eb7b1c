import { z } from "zod";
import type { ToxicSpec } from "../reference-stack/toxiproxy.ts";
import type { FaultKind } from "./contract.ts";
import { faultKind } from "./fault-kind.ts";
import {
  addToxics,
  legMisfits,
  legsOption,
  legTarget,
  onEveryLeg,
  removeToxics,
  toxiproxyAt,
} from "./leg-fault.ts";
import { legsMatching } from "./stack-shape.ts";

/**
 * A dependency that is away. `refuse`: connections are cut, and new ones refused, as when its process is gone.
 * `black-hole`: connections stay and nothing comes through, as behind a dead network: the harder of the two, since
 * only a timeout tells it.
 */
export function legOutage(preset: { id: string; title: string; legs: string; whose: string }): FaultKind {
  // A timeout of 0 drops all data and never closes; taking the toxic away closes the connections.
  const blackHole: ToxicSpec[] = (["upstream", "downstream"] as const).map((stream) => ({
    name: `matchday-${preset.id}-${stream}`,
    type: "timeout",
    stream,
    toxicity: 1,
    attributes: { timeout: 0 },
  }));
  return faultKind({
    id: preset.id,
    title: preset.title,
    options: z.strictObject({
      legs: legsOption(preset.legs),
      mode: z.enum(["refuse", "black-hole"]).default("refuse"),
    }),
    defaults: { legs: preset.legs, mode: "refuse" },
    misfits: ({ legs }, stack) => legMisfits(legs, stack),
    touches: ({ legs }, stack) => legsMatching(legs, stack),
    target: ({ legs }, stack) => legTarget(legs, preset, stack),
    band: ({ legs, mode }) => {
      const [, from] = /^([\w-]+)\.[\w-]+$/.exec(legs) ?? [];
      if (from !== undefined) return `${from} without ${preset.whose}`;
      return mode === "refuse" ? `${preset.whose} away` : `${preset.whose} unreachable`;
    },
    undo: ({ legs, mode }, stack) =>
      mode === "refuse"
        ? legsMatching(legs, stack).map((proxy) => ({ do: "enable-proxy", api: stack.toxiproxyUrl, proxy }))
        : removeToxics(legs, stack, blackHole),
    async inject({ legs, mode }, stack) {
      if (mode === "black-hole") return addToxics(legs, stack, blackHole);
      const toxiproxy = toxiproxyAt(stack.toxiproxyUrl);
      await onEveryLeg(legs, stack, (leg) => toxiproxy.setEnabled(leg, false));
    },
  });
}
