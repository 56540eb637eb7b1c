/**
 * `npm run bench:stack`: how soon a stack in containers stands, once all images are here, and how soon it is as new for
 * the next run. Each round is a stack of its own; the first one, which may build the services' image, does not count.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { interruptSignal } from "../cli/interrupt.ts";
import { dashboardsDir } from "../common/paths.ts";
import { type SystemName, systems } from "../common/systems.ts";
import { startContainerStack } from "../reference-stack/providers/containers/containers.ts";
import { median, printFigures } from "./figures.ts";

const upLimitS = 15;
const resetLimitS = 4;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    edges: { type: "string", default: "2" },
    system: { type: "string", default: "live-scores" },
  },
});
if (!(values.system in systems)) throw new Error(`--system is one of ${Object.keys(systems).join(", ")}`);
using interrupt = interruptSignal();
const folder = mkdtempSync(join(tmpdir(), "matchday-bench-"));
const took = { up: [] as number[], reset: [] as number[], down: [] as number[] };

async function timed<T>(what: keyof typeof took, act: () => Promise<T>): Promise<T> {
  const fromMs = performance.now();
  const result = await act();
  took[what].push((performance.now() - fromMs) / 1000);
  return result;
}

try {
  for (let round = 0; round <= Number(values.rounds); round++) {
    if (round === 1) for (const times of Object.values(took)) times.length = 0;
    await using stack = await timed("up", () =>
      startContainerStack({
        edges: Number(values.edges),
        system: values.system as SystemName,
        design: "sse-redis",
        folder,
        dashboardsDir,
        signal: interrupt.signal,
        onProgress: (text) => console.error(text),
      }),
    );
    await timed("reset", () => stack.reset());
    await timed("down", () => stack.stop());
    console.error(
      `round ${round}: up ${took.up.at(-1)?.toFixed(1)} s, reset ${took.reset.at(-1)?.toFixed(1)} s`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

printFigures(`${values.system} in containers, ${values.edges} edges, median of ${values.rounds}`, [
  {
    what: "up, all parts ready",
    observed: median(took.up),
    unit: "s",
    against: { what: "limit", value: upLimitS },
  },
  {
    what: "as new for the next run",
    observed: median(took.reset),
    unit: "s",
    against: { what: "aim", value: resetLimitS },
  },
  { what: "down, nothing left", observed: median(took.down), unit: "s" },
]);
