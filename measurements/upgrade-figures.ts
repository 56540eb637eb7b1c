import type { PartFigures } from "../common/records.ts";

/** Figures of every part, whatever it is. */
const ofEveryPart: ReadonlySet<string> = new Set<keyof PartFigures>([
  "atMs",
  "part",
  "kind",
  "up",
  "cpuUs",
  "rssBytes",
  "connections",
  "eventLoopLagP99Ms",
  "backlogBytes",
  "slowClients",
  "replays",
  "redisUp",
  "seq",
  "gauges",
]);

/** Figures that were saved before gauges had names of their own: `queueDepth` stood where `gauges.queue_depth` stands. */
export function upgradeFigures(figures: PartFigures): PartFigures {
  const others = Object.entries(figures).filter(([field]) => !ofEveryPart.has(field));
  if (others.length === 0) return figures;
  const kept = Object.entries(figures).filter(([field]) => ofEveryPart.has(field));
  const gauges = others.flatMap(([field, value]) =>
    typeof value === "number" ? [[inSnakeCase(field), value] as const] : [],
  );
  return { ...Object.fromEntries(kept), gauges: Object.fromEntries(gauges) } as unknown as PartFigures;
}

const inSnakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
