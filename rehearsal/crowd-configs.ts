import { join } from "node:path";
import type { CrowdConfig } from "../crowd/contract.ts";
import type { Plan } from "../verdict/plan.ts";

/** How a browser page that makes a new EventSource on error behaves, with jitter against a thundering herd. */
const reconnect = { minMs: 1000, maxMs: 5000 };

export interface CrowdPlace {
  edges: string[];
  /** Base URLs by the name that journeys use, beside `edges`. */
  targets?: Record<string, string[]>;
  conductor: { url: string; tokenOf(generator: number): string };
  folder: string;
}

/** One configuration a generator; together they play every client of the plan once. */
export function crowdConfigs(plan: Plan, { edges, targets, conductor, folder }: CrowdPlace): CrowdConfig[] {
  return Array.from({ length: plan.generators }, (_, generator) => ({
    version: 1,
    generator,
    generators: plan.generators,
    clients: plan.clients,
    // Each process has the 28,000 ephemeral ports of an address of its own: a search among taken ports is slow.
    ...(plan.machine.os.startsWith("linux") ? { sourceAddress: `127.0.1.${generator + 1}` } : {}),
    target: { edges, path: "/api/match/{match}/events", headers: {} },
    streams: plan.crowd.streams,
    arrivals: plan.crowd.arrivals,
    leaveAtMs: plan.crowd.leaveAtMs,
    phases: plan.phases,
    deadlinesMs: plan.deadlinesMs,
    quoteClass: "odds",
    quoteSampleMs: 250,
    reconnect,
    connectTimeoutMs: 30_000,
    slowReaders: plan.crowd.slowReaders,
    seed: plan.seed,
    anomalySample: 100,
    conductor: { url: conductor.url, token: conductor.tokenOf(generator) },
    files: {
      hlog: join(folder, `crowd-${generator}.hlog`),
      jsonl: join(folder, `crowd-${generator}.jsonl`),
      anomalies: join(folder, `anomalies-${generator}.jsonl`),
      ...(plan.trace ? { spans: join(folder, `spans-${generator}.jsonl`) } : {}),
      ...(plan.crowd.journeys ? { history: join(folder, `history-${generator}.jsonl`) } : {}),
    },
    ...(plan.crowd.journeys ? { journeys: plan.crowd.journeys, targets: { edges, ...targets } } : {}),
    ...(plan.trace ? { trace: plan.trace } : {}),
  }));
}
