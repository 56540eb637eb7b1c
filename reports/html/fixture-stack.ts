/** The stack's part of the made-up run of `fixture.ts`: its figures second by second, and the journal. */

import type { JournalEntry, PartFigures } from "../../common/records.ts";
import { seeded } from "../../common/seeded.ts";
import { edgeCrash, type FixtureOptions, redisAway, startAtUs, within } from "./fixture-clock.ts";

export function stack({ seconds, edges, clients }: Required<FixtureOptions>): PartFigures[] {
  const random = seeded(7);
  const rows: PartFigures[] = [];
  for (let second = 0; second < seconds; second++) {
    const atMs = second * 1000 + 20;
    const burst = second === 30 || second % 60 === 14 ? 0.5 : 0;
    const service = (
      part: string,
      kind: PartFigures["kind"],
      cpu: number,
      extra: Partial<PartFigures> = {},
    ) =>
      rows.push({
        atMs,
        part,
        kind,
        up: true,
        cpuUs: Math.round(second * cpu * 1e6 + random() * 2e4),
        ...extra,
      });
    service("vendor", "service", 0.01, { eventLoopLagP99Ms: 10 + random() });
    service("scores", "service", 0.04, { eventLoopLagP99Ms: 11 + 3 * random(), redisUp: 1 });
    for (let edge = 1; edge <= edges; edge++) {
      const down = edge === 2 && within(second * 1000, edgeCrash);
      const open = Math.round((clients / edges) * Math.min(1, (second + 1) / 10));
      if (down) rows.push({ atMs, part: `edge-${edge}`, kind: "edge", up: false });
      else
        service(`edge-${edge}`, "edge", 0.15, {
          connections: edge === 2 && second >= 41 ? Math.round(open / 8) : open,
          eventLoopLagP99Ms: 11 + 8 * random() + burst * 90,
          backlogBytes: second === 30 ? Math.round(400_000 * random()) : 0,
          redisUp: within(second * 1000, redisAway) ? 0 : 1,
        });
    }
    service("postgres", "dependency", 0.03);
    service("redis", "dependency", within(second * 1000, redisAway) ? 0.03 : 0.06);
    service("toxiproxy", "dependency", 0.05);
  }
  return rows;
}

export function journal(seconds: number): JournalEntry[] {
  const at = (atMs: number) => ({ atMs, atUs: startAtUs + atMs * 1000 });
  const entries: JournalEntry[] = [
    { ...at(-4000), type: "run", state: "preparing" },
    { ...at(0), type: "run", state: "started" },
    { ...at(20_004), type: "fault", id: "redis-down", state: "injecting" },
    { ...at(20_031), type: "fault", id: "redis-down", state: "injected" },
    { ...at(30_012), type: "fault", id: "redis-down", state: "healed" },
    { ...at(38_002), type: "fault", id: "edge-crash", state: "injected" },
    { ...at(41_340), type: "fault", id: "edge-crash", state: "healed" },
    { ...at(seconds * 1000), type: "run", state: "ended" },
  ];
  const random = seeded(9);
  for (let second = 0; second < seconds; second++) {
    const cpuBusy = Math.min(1, 0.34 + 0.1 * random() + (second === 30 ? 0.5 : 0));
    entries.push({ ...at(second * 1000 + 30), type: "machine", cpuBusy, memoryUsedBytes: 2.1e9 });
  }
  return entries;
}
