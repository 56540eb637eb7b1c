/** `npm run bench:crowd -- --clients 200000`: everybody comes, one goal reaches all. Against the limits we have set. */
import { parseArgs } from "node:util";
import { printFigures } from "./figures.ts";
import { runGoals } from "./one-goal.ts";

const { values } = parseArgs({ options: { clients: { type: "string", default: "200000" } } });
const clients = Number(values.clients);
const { verdict, peakBytes, beforeBytes } = await runGoals(clients, 1);
const goal = verdict.measures["event_age{class=goal}"]!;

printFigures(`${clients} clients, one goal, ${verdict.generator.processes} generators`, [
  {
    what: "all open within",
    observed: verdict.clients.openWithinMs / 1000,
    unit: "s",
    against: { what: "limit", value: 30 },
  },
  {
    what: "connected",
    observed: verdict.clients.connected,
    unit: "clients",
    against: { what: "planned", value: clients },
  },
  { what: "failed", observed: verdict.clients.failed, unit: "clients" },
  { what: "release lag p99", observed: verdict.clients.releaseLagP99Ms, unit: "ms" },
  { what: "connect p99", observed: verdict.measures.connect!.p99Ms, unit: "ms" },
  { what: "goal p50", observed: goal.p50Ms, unit: "ms" },
  { what: "goal p99", observed: goal.p99Ms, unit: "ms", against: { what: "limit", value: 2000 } },
  { what: "goal max", observed: goal.maxMs, unit: "ms" },
  {
    what: "goal delivered",
    observed: goal.count,
    unit: "clients",
    against: { what: "planned", value: clients },
  },
  { what: "read lag p99", observed: verdict.generator.readLagP99Ms, unit: "ms" },
  {
    what: "memory, whole machine",
    observed: peakBytes / 1e9,
    unit: "GB",
    against: { what: "limit", value: 12 },
  },
  { what: "memory before", observed: beforeBytes / 1e9, unit: "GB" },
  {
    what: "generator memory",
    observed: verdict.generator.bytesPerClient / 1000,
    unit: "KB a client",
    against: { what: "limit", value: 9 },
  },
  {
    what: "generator CPU to open",
    observed: verdict.generator.cpuUsPerOpen,
    unit: "µs a client",
    against: { what: "limit", value: 150 },
  },
]);
