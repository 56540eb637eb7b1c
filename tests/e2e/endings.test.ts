import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../../common/until.ts";
import { Cli } from "./cli.ts";

const small = ["--clients", "50"];
const injected = (entry: Record<string, unknown>) => entry.type === "fault" && entry.state === "injected";
const started = (entry: Record<string, unknown>) => entry.type === "run" && entry.state === "started";

test("Ctrl-C in the middle of a fault heals it, saves what there is, exits 130", {
  timeout: 120_000,
}, async () => {
  await using cli = new Cli();
  const { child, finished } = cli.start(cli.rehearsal(...small, "--chaos", "redis-down"));
  await cli.until("injected fault", injected);
  child.kill("SIGINT");
  const { exitCode, stderr } = await finished;
  expect(exitCode).toBe(130);
  expect(stderr).toContain("INTERRUPTED");
  expect(cli.journal()).toContainEqual(expect.objectContaining({ type: "fault", state: "healed" }));
  expect(cli.verdict().verdict).toBe("unknown");
  expect(existsSync(join(cli.latestRun, "report.html"))).toBe(true);
  expect(readFileSync(join(cli.latestRun, "published.jsonl"), "utf8")).not.toBe("");
  expect(cli.leftovers()).toEqual([]);
  expect(cli.leases()).toEqual([]);
});

test("after a kill -9 the next command cleans up", { timeout: 120_000 }, async () => {
  await using cli = new Cli();
  const { child, finished } = cli.start(cli.rehearsal(...small, "--chaos", "redis-down"));
  await cli.until("injected fault", injected);
  child.kill("SIGKILL");
  await finished;
  expect(cli.leases()).toHaveLength(1);
  expect(cli.leftovers().length).toBeGreaterThan(0);
  const recovered = await cli.run(["chaos", "recover"]);
  expect(recovered.exitCode).toBe(0);
  expect(recovered.stdout).toMatch(/redis/);
  expect(cli.leftovers()).toEqual([]);
  expect(cli.leases()).toEqual([]);
  expect((await cli.run(["chaos", "recover"])).stdout).toBe("nothing to recover\n");
});

test("Redis dies unasked during the run: STACK_DIED, exit 70, nothing left", {
  timeout: 120_000,
}, async () => {
  await using cli = new Cli();
  const { finished } = cli.start(cli.rehearsal(...small, "--chaos", "none"));
  await cli.until("start", started);
  const redis = cli.leftovers().find((line) => /redis-server/.test(line));
  expect(redis).toBeDefined();
  process.kill(Number(redis!.split(" ")[0]), "SIGKILL");
  const { exitCode, stderr } = await finished;
  expect(exitCode).toBe(70);
  expect(stderr).toMatch(/STACK_DIED: redis .*SIGKILL/);
  expect(cli.verdict().verdict).toBe("unknown");
  expect(cli.leftovers()).toEqual([]);
});

test("a generator dies: the run is unknown, exit 2, nothing left", { timeout: 120_000 }, async () => {
  await using cli = new Cli();
  const { finished } = cli.start(cli.rehearsal(...small, "--chaos", "none"));
  await cli.until("start", started);
  const k6 = cli.leftovers().find((line) => /\/k6 /.test(line));
  expect(k6).toBeDefined();
  process.kill(Number(k6!.split(" ")[0]), "SIGKILL");
  const { exitCode, stderr } = await finished;
  expect(exitCode).toBe(2);
  expect(stderr).toContain("GENERATOR_DIED");
  expect(cli.verdict().verdict).toBe("unknown");
  expect(cli.leftovers()).toEqual([]);
});

test.skipIf(process.getuid?.() !== 0)(
  "a full disk in the run folder: RUN_FOLDER_UNWRITABLE, exit 70, nothing left",
  { timeout: 120_000 },
  async () => {
    await using cli = new Cli();
    mkdirSync(cli.runsDir);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=96k", "tmpfs", cli.runsDir]).status !== 0) {
      throw new Error("a small file system could not be mounted");
    }
    try {
      const { exitCode, stderr } = await cli.run(cli.rehearsal(...small, "--chaos", "none"));
      expect(stderr).toContain("RUN_FOLDER_UNWRITABLE");
      expect(stderr).toContain("→ free disk space there");
      expect(exitCode).toBe(70);
      await until(() => cli.leftovers().length === 0, { withinMs: 5000, orElse: cli.leftovers().join("\n") });
    } finally {
      execFileSync("umount", [cli.runsDir]);
    }
  },
);
