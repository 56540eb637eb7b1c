import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reporter } from "../../cli/reporter.ts";
import type { RunRecord } from "../../measurements/run-record.ts";
import { readMachine } from "../../rehearsal/machine.ts";
import { loadBudget } from "../../rehearsal/plan.ts";
import type { Progress } from "../../rehearsal/progress.ts";
import { type RehearsalResult, rehearse } from "../../rehearsal/rehearse.ts";
import { readSavedRun } from "../../rehearsal/saved-run.ts";
import type { Plan } from "../../verdict/plan.ts";
import { type Plant, type PlantedSchedule, PlantedServer, stream } from "./planted-server.ts";

export const clients = 40;
const arriveMs = 1500;
const lastEventMs = 5500;
export const durationMs = 8500;

/** Goals and odds, one each 100 ms, once everybody has arrived: `events` of them, seq 1 to `events`. */
export const schedule: PlantedSchedule[] = Array.from({ length: 40 }, (_, index) => ({
  atMs: arriveMs + 500 + (index * (lastEventMs - arriveMs - 500)) / 40,
  ...(index % 2 === 0
    ? {
        class: "goal" as const,
        event: {
          type: "GOAL",
          factId: `g${index}`,
          version: 2,
          team: "home",
          minute: index,
          player: "P",
        } as const,
      }
    : { class: "odds" as const, event: { type: "ODDS", home: 2, draw: 3, away: 4 } as const }),
}));

async function planOf(name: string): Promise<Plan> {
  const { os, cpu, cores, memoryBytes, node, fileLimit } = readMachine();
  const budget = await loadBudget("live-scores", "live-scores");
  return {
    version: 2,
    run: name,
    scenario: "calibration",
    title: name,
    system: { id: "live-scores", design: "planted", script: { items: [], odds: [] } },
    stack: "target",
    seed: 1,
    command: "npm test",
    clients,
    durationMs,
    phases: [
      { name: "arrive", fromMs: 0, toMs: arriveMs },
      { name: "baseline", fromMs: arriveMs, toMs: durationMs },
    ],
    crowd: {
      arrivals: { atMs: 0, withinMs: 1000 },
      leaveAtMs: durationMs,
      streams: [{ id: stream, match: "calibration", share: 1 }],
      slowReaders: { share: 0, bytesPerSecond: 0 },
    },
    deadlinesMs: { goal: 2000, correction: 2000, card: 2000, status: 2000, odds: 2000 },
    faults: [],
    experiment: null,
    budget: {
      ...budget,
      // The feed falls silent three seconds before the end, so that all that was sent can arrive.
      objectives: budget.objectives.filter(({ measure }) => !measure.startsWith("stale_odds_age")),
    },
    generators: 1,
    edges: 1,
    machine: { os, cpu, cores, memoryBytes, node, fileLimit },
  };
}

export interface PlantedRun extends RehearsalResult {
  server: PlantedServer;
  record: RunRecord;
}

/** A whole rehearsal (conductor, k6, run folder, verdict) against a server with planted faults. */
export async function rehearsePlanted(
  name: string,
  plant: Plant,
  more: { otherEdges?: string[]; onProgress?: (progress: Progress) => void } = {},
): Promise<PlantedRun> {
  const folder = mkdtempSync(join(tmpdir(), "matchday-calibration-"));
  const server = await PlantedServer.start(schedule, plant);
  try {
    const result = await rehearse({
      plan: await planOf(name),
      runsDir: folder,
      startStack: async () => server.handle(more.otherEdges),
      reporter,
      signal: new AbortController().signal,
      onProgress: more.onProgress ?? (() => {}),
    });
    const { record } = await readSavedRun(result.folder);
    return { ...result, server, record };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
