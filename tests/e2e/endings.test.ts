import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../common/paths.ts";
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

test("a defect of ours in an event's handler is told as one, and is no verdict", () => {
  const defect = `const timer = setInterval(() => {
    if (process.listenerCount("uncaughtException") === 0) return;
    clearInterval(timer);
    throw new Error("planted");
  }, 1)`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(defect)}`, "cli/main.ts", "doctor"];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot, encoding: "utf8" });
  expect(stderr).toMatch(
    /✗ HARNESS_FAILED: Error: planted\n.*→ this is a defect of matchday; please report it\n$/s,
  );
  expect(status).toBe(70);
});

test("after a kill -9 the next command cleans up", { timeout: 120_000 }, async () => {
  await using cli = new Cli();
  const { child, finished } = cli.start(cli.rehearsal(...small, "--chaos", "redis-down"));
  await cli.until("injected fault", injected);
  child.kill("SIGKILL");
  await finished;
  expect(cli.leases()).toHaveLength(1);
  expect(cli.leftovers().length).toBeGreaterThan(0);
  const left = await cli.run(["doctor", "--leftovers", "--json"]);
  expect(left.exitCode).toBe(70);
  const run = basename(realpathSync(cli.latestRun));
  const found: { kind: string; what: string; run: string }[] = JSON.parse(left.stdout);
  expect(new Set(found.map((each) => each.run))).toEqual(new Set([run]));
  expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(["process", "folder", "fault"]));
  expect(found.map(({ what }) => what)).toContain("redis-down, undone by: edge-1.redis enabled");
  expect((await cli.run(["doctor", "--leftovers"])).stdout).toContain("\nmatchday chaos recover removes it");
  const recovered = await cli.run(["chaos", "recover"]);
  expect(recovered.exitCode).toBe(0);
  expect(recovered.stdout).toMatch(/redis/);
  expect(cli.leftovers()).toEqual([]);
  expect(cli.leases()).toEqual([]);
  expect((await cli.run(["chaos", "recover"])).stdout).toBe("nothing to recover\n");
  const none = { exitCode: 0, stdout: "nothing is left of any run\n", stderr: "" };
  expect(await cli.run(["doctor", "--leftovers"])).toEqual(none);
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

/** Of a run that nobody could tell anything any more: healed, judged, saved, and nothing left. */
async function endedWell(cli: Cli): Promise<void> {
  await until(() => existsSync(join(cli.latestRun, "report.html")), {
    withinMs: 30_000,
    orElse: "the run does not end",
  });
  await until(() => cli.leftovers().length === 0, {
    withinMs: 15_000,
    orElse: () => cli.leftovers().join("\n"),
  });
  expect(cli.journal()).toContainEqual(expect.objectContaining({ type: "fault", state: "healed" }));
  expect(cli.verdict().verdict).toBe("unknown");
  expect(cli.leases()).toEqual([]);
  expect(readdirSync(join(cli.stateDir, "faults"))).toEqual([]);
}

test("the terminal is closed in the middle of a fault: it heals, saves and leaves nothing", {
  timeout: 120_000,
}, async () => {
  await using cli = new Cli();
  const words = [process.execPath, join(projectRoot, "cli", "main.ts")];
  words.push(...cli.rehearsal(...small, "--chaos", "redis-down"));
  const { child, finished } = cli.startCommand(
    ["script", "-qfc", words.join(" "), "/dev/null"],
    {},
    { stdio: "ignore" },
  );
  await cli.until("injected fault", injected);
  child.kill("SIGKILL");
  await finished;
  await endedWell(cli);
  expect(cli.journal()).toContainEqual(expect.objectContaining({ type: "error", code: "INTERRUPTED" }));
});

test("npm is killed alone: its run ends as if it had been asked to", { timeout: 120_000 }, async () => {
  await using cli = new Cli();
  const { child, finished } = cli.startCommand(
    ["npm", "start", "--", ...cli.rehearsal(...small, "--chaos", "redis-down")],
    {},
    { cwd: projectRoot, stdio: "ignore" },
  );
  await cli.until("injected fault", injected);
  child.kill("SIGKILL");
  await finished;
  await endedWell(cli);
});

test.for(["ends with it", "goes on in a session of its own"])(
  "the process that started it is killed: a run %s",
  { timeout: 120_000 },
  async (what) => {
    await using cli = new Cli();
    const words = [process.execPath, join(projectRoot, "cli", "main.ts")];
    words.push(...cli.rehearsal(...small, "--chaos", "redis-down"));
    const stays = what.startsWith("goes on");
    const shell = `${stays ? "setsid " : ""}${words.join(" ")} >/dev/null 2>&1 & wait`;
    // Without a terminal, as in CI: a session of its own.
    const { child, finished } = cli.startCommand(
      ["sh", "-c", shell],
      {},
      { detached: true, stdio: "ignore" },
    );
    await cli.until("injected fault", injected);
    process.kill(child.pid!, "SIGKILL");
    await finished;
    if (!stays) {
      await endedWell(cli);
      return;
    }
    await cli.until("heal of its own", (entry) => entry.type === "phase" && entry.phase === "recovery");
    const run = cli.leftovers().find((line) => line.includes("cli/main.ts"))!;
    process.kill(Number(run.split(" ")[0]), "SIGTERM");
    await endedWell(cli);
  },
);

test("the process that started it is killed before the program is read: a run ends before it begins anything", {
  timeout: 60_000,
}, async () => {
  await using cli = new Cli();
  const file = (name: string) => join(cli.folder, name);
  // Reading stands still at the program's own file until it is let go on.
  writeFileSync(
    file("gate.mjs"),
    `import { existsSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    if (url.endsWith("/cli/program.ts")) {
      writeFileSync(${JSON.stringify(file("reading"))}, "");
      while (!existsSync(${JSON.stringify(file("go-on"))})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
    return next(url, context);
  },
});`,
  );
  const words = [process.execPath, "--import", file("gate.mjs"), join(projectRoot, "cli", "main.ts")];
  words.push(...cli.rehearsal(...small, "--chaos", "none"));
  const shell = `${words.join(" ")} >${file("said")} 2>&1 & wait`;
  const { child, finished } = cli.startCommand(["sh", "-c", shell], {}, { detached: true, stdio: "ignore" });
  await until(() => existsSync(file("reading")), { withinMs: 20_000, orElse: "nothing is read" });
  process.kill(child.pid!, "SIGKILL");
  await finished;
  writeFileSync(file("go-on"), "");
  await until(() => cli.leftovers().length === 0, {
    withinMs: 20_000,
    orElse: () => cli.leftovers().join("\n"),
  });
  expect(readFileSync(file("said"), "utf8")).toContain("whoever started this has ended");
  expect(cli.journal()).not.toContainEqual(expect.objectContaining({ type: "run", state: "started" }));
  expect(cli.leases()).toEqual([]);
});

test("nothing of a run's output can be written: it ends as it would, by its verdict", {
  timeout: 120_000,
}, async () => {
  await using cli = new Cli();
  const full = openSync("/dev/full", "w");
  try {
    const args = cli.rehearsal(...small, "--chaos", "none", "--duration", "32s", "--json");
    const { finished } = cli.start(args, {}, { stdio: ["ignore", full, full] });
    expect((await finished).exitCode).toBe({ pass: 0, fail: 1, unknown: 2 }[cli.verdict().verdict]);
  } finally {
    closeSync(full);
  }
  expect(cli.leftovers()).toEqual([]);
  expect(cli.leases()).toEqual([]);
});

test("two runs that begin in the same second, into two relative folders, have two names and their own leases", {
  timeout: 120_000,
}, async () => {
  await using cli = new Cli();
  mkdirSync(join(cli.folder, "work"));
  const begun = ["one", "two"].map((out) => {
    const args = [
      "run",
      "goal-spike",
      "--stack",
      "local",
      ...small,
      "--chaos",
      "none",
      "--out",
      `../${out} runs`,
    ];
    return cli.start(
      args,
      { TMPDIR: relative(join(cli.folder, "work"), "/tmp") },
      { cwd: join(cli.folder, "work") },
    );
  });
  const journals = ["one", "two"].map((out) => join(cli.folder, `${out} runs`, "latest", "journal.jsonl"));
  await until(() => journals.every((file) => readFileSync(file, "utf8").includes('"started"')), {
    withinMs: 60_000,
    orElse: "they do not start",
  });
  expect(new Set(cli.leases()).size).toBe(2);
  for (const { child } of begun) child.kill("SIGINT");
  for (const { finished } of begun) expect((await finished).exitCode).toBe(130);
  const names = ["one", "two"].map((out) =>
    readdirSync(join(cli.folder, `${out} runs`)).find((name) => name !== "latest"),
  );
  expect(names[0]).not.toBe(names[1]);
  expect(cli.leftovers()).toEqual([]);
  expect(cli.leases()).toEqual([]);
});
