/**
 * `npm run bench:fan-out`: one goal to N fans through the whole stack, against a program that does nothing but write to and
 * read from N loopback sockets, in the same run.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot } from "../common/paths.ts";
import type { RunRecord } from "../measurements/run-record.ts";
import { median, printFigures } from "./figures.ts";
import { runGoals } from "./one-goal.ts";

const { values } = parseArgs({ options: { clients: { type: "string", default: "8000" } } });
const clients = Number(values.clients);

const limit = () => {
  const args = ["run", "./cmd/loopback-limit", "-sockets", String(clients)];
  const printed = execFileSync("go", args, { cwd: join(projectRoot, "crowd"), encoding: "utf8" });
  return median(JSON.parse(printed).wallUs);
};

/** For each goal: publishedAt to the last read of it, the generator's own lag included. */
function lastReadUs({ generators }: RunRecord): number[] {
  const goals = new Map<number, number>();
  for (const { hlog } of generators) {
    for (const { fromMs, key, histogram } of hlog) {
      if (!key.startsWith("event_age{class=goal}")) continue;
      const lag = hlog.filter((other) => other.fromMs === fromMs && other.key.startsWith("read_lag"));
      const lastUs = histogram.maxValue + Math.max(0, ...lag.map((other) => other.histogram.maxValue));
      goals.set(fromMs, Math.max(goals.get(fromMs) ?? 0, lastUs));
    }
  }
  return [...goals.values()];
}

const before = limit();
const { verdict, record } = await runGoals(clients, 9);
const after = limit();
const bestUs = (before + after) / 2;
const stackUs = median(lastReadUs(record));

printFigures(`One goal to ${clients} fans: published until read by all (median of 9)`, [
  {
    what: "stack and crowd",
    observed: stackUs / 1000,
    unit: "ms",
    against: { what: "bare sockets", value: bestUs / 1000 },
  },
  {
    what: "a delivery",
    observed: stackUs / clients,
    unit: "µs",
    against: { what: "bare sockets", value: bestUs / clients },
  },
  { what: "goal p99, at the kernel", observed: verdict.measures["event_age{class=goal}"]!.p99Ms, unit: "ms" },
]);
