/**
 * `npm run test:endure -- --kills 200 --seed 1`: ends runs at random and at chosen instants, in every way there is, and looks
 * after each at what is left. The last line is the count; the exit code is 0 when nothing was left.
 */
import { parseArgs } from "node:util";
import { findEngine } from "../../reference-stack/providers/containers/engine.ts";
import { play } from "./play.ts";
import { inWords, type Round, roundOf } from "./round.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    /** Of the first; the next has the next. To see one again: its seed, and `--kills 1`. */
    seed: { type: "string", default: String(Math.floor(Date.now() / 1000)) },
    /** Most of a round is waiting. */
    "at-once": { type: "string", default: "3" },
    containers: { type: "boolean", default: false },
  },
});

const number = (name: "kills" | "seed" | "at-once") => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} is a whole number above 0\n`);
  process.exit(64);
};
const [kills, firstSeed, atOnce] = [number("kills"), number("seed"), number("at-once")];
if (values.containers) await findEngine();

const seeds = Array.from({ length: kills }, (_, index) => firstSeed + index);
const wrong: Round[] = [];
let done = 0;

async function playOn(): Promise<void> {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const round = roundOf(seed, { stack: values.containers ? "containers" : "local" });
    const fromMs = performance.now();
    const problems = await play(round);
    done++;
    if (problems.length > 0) wrong.push(round);
    const took = ((performance.now() - fromMs) / 1000).toFixed(1);
    process.stdout.write(
      `${problems.length === 0 ? "✓" : "✗"} ${done}/${kills} ${inWords(round)} (${took} s)\n`,
    );
    for (const problem of problems) process.stdout.write(`    ${problem.replaceAll("\n", "\n    ")}\n`);
  }
}

await Promise.all(Array.from({ length: atOnce }, playOn));
process.stdout.write(`\n${kills} kills, ${wrong.length} with something left or told wrong\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
