import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Lease } from "../common/lease.ts";
import type { CrowdConfig } from "./contract.ts";
import { script, startGenerators } from "./start.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "matchday-start-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const configOf = (generator: number): CrowdConfig => ({
  version: 1,
  generator,
  generators: 2,
  clients: 10,
  target: { edges: ["http://127.0.0.1:1"], path: "/", headers: {} },
  streams: [{ id: "match:final", match: "final", share: 1 }],
  arrivals: { atMs: 0, withinMs: 1000 },
  leaveAtMs: 5000,
  phases: [{ name: "arrive", fromMs: 0, toMs: 5000 }],
  deadlinesMs: {},
  quoteClass: "odds",
  quoteSampleMs: 250,
  reconnect: { minMs: 1000, maxMs: 5000 },
  connectTimeoutMs: 1000,
  slowReaders: { share: 0, bytesPerSecond: 0 },
  seed: 1,
  anomalySample: 0,
  conductor: { url: "http://127.0.0.1:1", token: "secret" },
});

test("starts one k6 for each configuration, on the script, without a REST API, and its token in no file", async () => {
  const k6 = join(folder, "k6");
  writeFileSync(
    k6,
    '#!/bin/sh\necho "$@"\necho "$MATCHDAY_CROWD_CONFIG"\necho "$MATCHDAY_CONDUCTOR_TOKEN"\n',
  );
  chmodSync(k6, 0o755);
  await using lease = Lease.take(`start-test-${process.pid}`);
  const started = await startGenerators({ configs: [configOf(0), configOf(1)], lease, folder, k6 });
  expect(started.map(({ process: { name } }) => name)).toEqual(["k6-0", "k6-1"]);
  for (const { generator, process, configFile } of started) {
    expect(await process.exited).toEqual({ code: 0, signal: null });
    const { conductor, ...rest } = configOf(generator);
    const told = { ...rest, conductor: { url: conductor!.url } };
    expect(JSON.parse(readFileSync(configFile, "utf8"))).toEqual(told);
    const [args, config, token] = process.logTail().split("\n");
    expect(args).toMatch(/^run /);
    expect(args!.endsWith(script)).toBe(true);
    expect(args).not.toContain("--address");
    expect([config, token]).toEqual([configFile, conductor!.token]);
  }
});

test("a folder that cannot be written is named", async () => {
  await using lease = Lease.take(`start-test-unwritable-${process.pid}`);
  const starting = startGenerators({
    configs: [configOf(0)],
    lease,
    folder: join(folder, "missing"),
    k6: "/bin/true",
  });
  await expect(starting).rejects.toMatchObject({ code: "RUN_FOLDER_UNWRITABLE" });
});
