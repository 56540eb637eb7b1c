import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ManagedProcess, type ProcessSpec } from "./managed-process.ts";
import { isRunning, startTimeOf } from "./process-identity.ts";
import { until } from "./until.ts";

vi.setConfig({ testTimeout: 30_000 });

let dir: string;
const started: ManagedProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "matchday-process-"));
});
afterEach(async () => {
  for (const one of started.splice(0)) {
    one.signal("SIGKILL");
    await one.exited;
  }
  rmSync(dir, { recursive: true });
});

/** A shell that says `up`, and waits; `script` goes before. */
async function shell(script: string, more: Partial<ProcessSpec> = {}): Promise<ManagedProcess> {
  const one = await ManagedProcess.start({
    name: "sleeper",
    command: "/bin/sh",
    args: ["-c", `${script}\necho up\nwhile :; do sleep 0.05; done`],
    logFile: join(dir, "logs", "sleeper.log"),
    ...more,
  });
  started.push(one);
  await until(() => one.logTail().includes("up"), { withinMs: 20_000, orElse: "the shell does not say up" });
  return one;
}

test("a process that does as it is asked is stopped by its signal; stop is safe twice", async () => {
  const one = await shell('echo "$GREETING"', { env: { GREETING: "hello" } });
  expect(one.running).toBe(true);
  expect(one.howItEnded()).toBe("is running");
  await Promise.all([one.stop(), one.stop()]);
  await one.stop();
  expect(one.exit).toEqual({ code: null, signal: "SIGTERM" });
  expect(one.howItEnded()).toBe("was killed by SIGTERM");
  expect(isRunning(one.identity)).toBe(false);
  expect(one.logTail()).toBe("hello\nup");
  expect(one.logTail(1)).toBe("up");
});

test("another user's process has its own environment, and nothing of the starter's but what programs need", async () => {
  process.env.STARTERS_SECRET = "hidden";
  try {
    const uid = process.getuid!();
    const env = { GREETING: "hello" };
    const script = `echo "$GREETING,$STARTERS_SECRET,\${PATH:+found}"`;
    const one = await shell(script, { env });
    expect(one.logTail()).toBe("hello,hidden,found\nup");
    await one.stop();
    const other = await shell(script, { env, uid, logFile: join(dir, "logs", "other.log") });
    expect(other.logTail()).toBe("hello,,found\nup");
    await other.stop();
  } finally {
    delete process.env.STARTERS_SECRET;
  }
});

test("each process has the stop signal that its spec names", async () => {
  const one = await shell("trap 'exit 7' INT", { stopSignal: "SIGINT" });
  await one.stop();
  expect(one.howItEnded()).toBe("exited with code 7");
});

test.skipIf(process.platform !== "linux")(
  "a process that cannot say on a full disk who it is does not begin: nobody would find it",
  async () => {
    const gateFile = join(dir, "gate");
    writeFileSync(gateFile, "open");
    const [identity, gate] = [openSync("/dev/full", "w"), openSync(gateFile, "r")];
    const logFile = join(dir, "unsaid.log");
    const unsaid = await ManagedProcess.start(
      { name: "unsaid", command: "sh", args: ["-c", "echo begun"], logFile },
      { identity, gate },
    );
    closeSync(identity);
    closeSync(gate);
    expect(await unsaid.exited).toEqual({ code: 125, signal: null });
    expect(readFileSync(logFile, "utf8")).not.toContain("begun");
  },
);

test("a process that does not listen is killed at the deadline", async () => {
  const one = await shell("trap '' TERM", { stopWithinMs: 50 });
  await one.stop();
  expect(one.exit).toEqual({ code: null, signal: "SIGKILL" });
});

test("a frozen process ends too, by its own signal", async () => {
  const one = await shell("");
  one.signal("SIGSTOP");
  await one.stop();
  expect(one.exit?.signal).toBe("SIGTERM");
});

test("what it has started goes with it", async () => {
  const one = await shell("trap '' TERM; sleep 600 & echo child $!", { stopWithinMs: 50 });
  const child = Number(/child (\d+)/.exec(one.logTail())![1]);
  expect(startTimeOf(child)).toBeDefined();
  await one.stop();
  await until(() => startTimeOf(child) === undefined, { withinMs: 5000, orElse: "its child lives on" });
});

test("a process that ended by itself says how, and takes no signal", async () => {
  const one = await ManagedProcess.start({
    name: "short",
    command: "/bin/sh",
    args: ["-c", "exit 3"],
    logFile: join(dir, "short.log"),
  });
  expect(await one.exited).toEqual({ code: 3, signal: null });
  expect(one.howItEnded()).toBe("exited with code 3");
  one.signal("SIGTERM");
  await one.stop();
});

test.each([
  ["no such file", "no-file", "ENOENT"],
  ["no right to", "no-program", "EACCES"],
])("a component that is missing is named: %s", async (_, file, reason) => {
  const command = join(dir, file);
  if (reason === "EACCES") writeFileSync(command, "#!/bin/sh\n", { mode: 0o644 });
  await expect(
    ManagedProcess.start({ name: "redis", command, logFile: join(dir, "redis.log") }),
  ).rejects.toMatchObject({
    code: "COMPONENT_MISSING",
    message: expect.stringMatching(new RegExp(`^redis cannot be started: .*${reason}`)),
    hint: expect.stringContaining("npm run setup"),
  });
});
