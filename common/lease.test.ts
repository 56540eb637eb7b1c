import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { Lease } from "./lease.ts";
import { nameInWork, processesOf, readLeases } from "./lease-files.ts";
import { leftoverLeases, releaseLeftovers } from "./leftovers.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";
import { until } from "./until.ts";

vi.setConfig({ testTimeout: 30_000 });

/** Before the modules above are read: they ask the environment once. */
const state = vi.hoisted(() => {
  const dir = `${process.env.TMPDIR ?? "/tmp"}/matchday-lease-${process.pid}`;
  process.env.MATCHDAY_STATE = dir;
  return dir;
});
const work = mkdtempSync(join(tmpdir(), "matchday-lease-work-"));
const nothing = { processes: [], quarantined: [] };
const leases = () => readdirSync(join(state, "leases"));
/** What stands of any lease, finished or not. */
const everything = () => [...leases(), ...readdirSync(join(state, "scratch"))];
const said = { withinMs: 5000, orElse: "it does not say who it is" };

/** Processes with an argument. */
function running(argument: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(argument);
    } catch {
      return false;
    }
  });
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
const sleeper = (name: string) => ({
  name,
  command: "sleep",
  args: ["600"],
  logFile: join(work, `${name}.log`),
});

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => {
  rmSync(state, { recursive: true, force: true });
  rmSync(work, { recursive: true, force: true });
});

test("a lease ends all that it holds, and leaves nothing; release is safe twice", async () => {
  const lease = Lease.take("run-1");
  const folder = lease.folder(join(work, "data", "postgres"));
  const one = await lease.start(sleeper("redis"));
  writeFileSync(join(folder, "file"), "content");
  expect(leases()).toEqual(["run-1"]);
  expect(readLeases().leases).toMatchObject([
    { id: "run-1", owner: identityOf(process.pid), folders: [folder], heir: undefined },
  ]);
  await until(() => processesOf(join(state, "leases", "run-1")).length === 1, said);
  expect(processesOf(join(state, "leases", "run-1"))).toEqual([{ name: "redis", ...one.identity }]);
  await Promise.all([lease.release(), lease.release()]);
  expect(isRunning(one.identity)).toBe(false);
  expect(existsSync(folder)).toBe(false);
  expect(everything()).toEqual([]);
});

test("what is launched is what was to be: its pid, its output, no open files of ours, its exit code", async () => {
  await using lease = Lease.take("run-launched");
  const logFile = join(work, "launched.log");
  const script = 'echo $$ $0 "$@"; ls /dev/fd; exit 7';
  const args = ["-c", script, "a b", "$HOME", "'"];
  const one = await lease.start({ name: "shell", command: "sh", args, logFile });
  expect(await one.exited).toEqual({ code: 7, signal: null });
  const [first, ...files] = readFileSync(logFile, "utf8").trim().split("\n");
  expect(first).toBe(`${one.pid} a b $HOME '`);
  // The listing itself has the first that is free.
  expect(files.filter((file) => Number(file) < 10)).toEqual(["0", "1", "2", "3"]);
  await expect(
    lease.run({ name: "bad", command: "sh", args: ["-c", "echo why; exit 3"], logFile }),
  ).rejects.toThrow(/exited with code 3: [\s\S]*why$/);
});

test("a command that is not there is told before anything is launched", async () => {
  await using lease = Lease.take("run-missing");
  for (const command of ["no-such-command-here", join(work, "none"), work])
    await expect(lease.start({ ...sleeper("x"), command })).rejects.toMatchObject({
      code: "COMPONENT_MISSING",
    });
});

test("one name is one run's", async () => {
  await using _ = Lease.take("run-name");
  expect(Lease.claim("run-name")).toBeUndefined();
  expect(() => Lease.take("run-name")).toThrow(expect.objectContaining({ code: "LEASE_TAKEN" }));
  const claims = Array.from({ length: 8 }, () => Lease.claim("run-race"));
  const mine = claims.filter((lease) => lease !== undefined);
  expect(mine).toHaveLength(1);
  await mine[0]!.release();
});

test("nothing begins in a lease that is being released, not even what was on its way", async () => {
  const lease = Lease.take("run-2");
  const starting = lease.start(sleeper("late"));
  const releasing = lease.release();
  await expect(starting).rejects.toMatchObject({ code: "LEASE_RELEASED" });
  await releasing;
  await expect(lease.start(sleeper("later"))).rejects.toMatchObject({ code: "LEASE_RELEASED" });
  expect(() => lease.folder(join(work, "never"))).toThrow(
    expect.objectContaining({ code: "LEASE_RELEASED" }),
  );
  expect(leases()).toEqual([]);
});

test("what a living owner holds is left alone", async () => {
  await using lease = Lease.take("run-3");
  const one = await lease.start(sleeper("edge-1"));
  expect(await releaseLeftovers()).toEqual(nothing);
  expect(isRunning(one.identity)).toBe(true);
});

/** A process that takes a lease, and does with it what the script says. */
function ownerOf(script: string): ChildProcess {
  const lease = JSON.stringify(join(import.meta.dirname, "lease.ts"));
  const owner = spawn(
    process.execPath,
    ["--input-type=module", "-e", `const { Lease } = await import(${lease});\n${script}`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  children.push(owner);
  return owner;
}

async function kill(owner: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => owner.once("exit", resolve));
  owner.kill("SIGKILL");
  await gone;
}

async function lineOf(owner: ChildProcess): Promise<string> {
  for await (const line of createInterface(owner.stdout!)) return line;
  throw new Error("it says nothing");
}

const logFile = JSON.stringify(join(work, "owned.log"));

test("after a kill -9 of the owner, its processes and folders go", async () => {
  const folder = join(work, "leftover");
  const owner = ownerOf(`
    const lease = Lease.take("crashed");
    lease.folder(${JSON.stringify(folder)});
    const all = [];
    for (const name of ["redis", "edge-1"])
      all.push((await lease.start({ name, command: "sleep", args: ["600"], logFile: ${logFile} })).identity);
    console.log(JSON.stringify(all));
    setInterval(() => {}, 1000);`);
  const held: ProcessIdentity[] = JSON.parse(await lineOf(owner));
  await kill(owner);
  expect(held.map(isRunning)).toEqual([true, true]);
  expect(existsSync(folder)).toBe(true);
  expect(leftoverLeases()).toMatchObject([{ id: "crashed", folders: [folder] }]);

  expect(await releaseLeftovers()).toEqual({ processes: ["edge-1", "redis"], quarantined: [] });
  expect(held.map(isRunning)).toEqual([false, false]);
  expect(existsSync(folder)).toBe(false);
  expect(everything()).toEqual([]);
  expect(await releaseLeftovers()).toEqual(nothing);
});

test("killed while it starts one process after the other: at whatever instant, all of them are found", async () => {
  const mark = `600.${process.pid}`;
  const owner = () =>
    ownerOf(`
      const lease = Lease.take("spawning");
      console.log("begins");
      for (let n = 0; ; n++) {
        void lease.start({ name: "sleeper-" + n, command: "sleep", args: ["${mark}"], logFile: ${logFile} });
        if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }`);
  const random = seeded(process.pid);
  for (let round = 0; round < 12; round++) {
    const spawning = owner();
    await lineOf(spawning);
    await delay(random() * 40);
    await kill(spawning);
    await releaseLeftovers();
    // Whoever was on its way finds the gate closed, and goes by itself.
    await until(() => running(mark).length === 0, { withinMs: 5000, orElse: () => running(mark).join(", ") });
    expect(everything()).toEqual([]);
  }
});

test("a process that is launched when the gate is closed becomes nothing", async () => {
  const lease = Lease.take("closed");
  truncateSync(join(state, "leases", "closed", "gate"));
  const late = await lease.start({ ...sleeper("late"), args: ["601"] });
  expect(await late.exited).toEqual({ code: 125, signal: null });
  await lease.release();
});

test("eight that clean up at once share the work, and each thing is told once", async () => {
  for (const id of ["left-1", "left-2", "left-3"]) {
    const owner = ownerOf(`
      const lease = Lease.take("${id}");
      await lease.start({ name: "of-${id}", command: "sleep", args: ["600"], logFile: ${logFile} });
      lease.folder(${JSON.stringify(join(work, id))});
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log("up");
      setInterval(() => {}, 1000);`);
    await lineOf(owner);
    await kill(owner);
  }
  const module = JSON.stringify(join(import.meta.dirname, "leftovers.ts"));
  const cleaner = `const { releaseLeftovers } = await import(${module}); console.log(JSON.stringify(await releaseLeftovers()));`;
  const said = await Promise.all(Array.from({ length: 8 }, () => lineOf(ownerOf(cleaner))));
  const told = said.flatMap((line) => JSON.parse(line).processes);
  expect(told.toSorted()).toEqual(["of-left-1", "of-left-2", "of-left-3"]);
  expect(everything()).toEqual([]);
  for (const id of ["left-1", "left-2", "left-3"]) expect(existsSync(join(work, id))).toBe(false);
});

test("what a killed cleaner has begun, the next one ends", async () => {
  const gone = { pid: 2 ** 22 - 1, startTime: "1" };
  const dir = join(state, "leases", nameInWork("half-done", gone));
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "gate"), "");
  writeFileSync(join(dir, "lease.json"), JSON.stringify({ id: "half-done", owner: gone, folders: [] }));
  mkdirSync(join(state, "scratch", nameInWork("on-its-way", gone)), { recursive: true });
  expect(await releaseLeftovers()).toEqual(nothing);
  expect(everything()).toEqual([]);
});

test("a process that only has the pid of one that was held is left alone", async () => {
  const stranger = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  children.push(stranger);
  const identity = identityOf(stranger.pid!);
  const dir = join(state, "leases", "old");
  mkdirSync(dir, { recursive: true });
  // This pid runs, but is another process than the owner was.
  const owner = { pid: process.pid, startTime: "1" };
  writeFileSync(join(dir, "lease.json"), JSON.stringify({ id: "old", owner, folders: [] }));
  writeFileSync(join(dir, "gate"), "open");
  writeFileSync(
    join(dir, "process-0001-edge-1"),
    `${identity.pid}\n${identity.pid} (sleep) S ${"1 ".repeat(30)}\n`,
  );
  expect(await releaseLeftovers()).toEqual(nothing);
  expect(isRunning(identity)).toBe(true);
  expect(everything()).toEqual([]);
});

test.each<[string, string]>([
  ["torn", '{"id":'],
  ["of another shape", '{"id":1,"owner":"me"}'],
  ["a list", "[]"],
  ["null", "null"],
  ["of a path for a pid", '{"id":"x","owner":{"pid":-1,"startTime":"1"},"folders":[]}'],
])("a record that is %s is put aside, told once, and in nobody's way", async (name, text) => {
  const dir = join(state, "leases", `odd ${name}`);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "lease.json"), text);
  const { quarantined } = await releaseLeftovers();
  expect(quarantined).toHaveLength(1);
  expect(readFileSync(join(quarantined[0]!, "lease.json"), "utf8")).toBe(text);
  expect(await releaseLeftovers()).toEqual(nothing);
  expect(leases()).toEqual([]);
});

test("so is a file where a lease should be", async () => {
  mkdirSync(join(state, "leases"), { recursive: true });
  writeFileSync(join(state, "leases", "run.json"), "{}");
  expect((await releaseLeftovers()).quarantined).toHaveLength(1);
  expect(leases()).toEqual([]);
});

test("a pipe in place of a record is put aside, and holds nobody up; nor does one in place of a process", async () => {
  const dir = join(state, "leases", "pipes");
  mkdirSync(dir, { recursive: true });
  execFileSync("mkfifo", [join(dir, "lease.json")]);
  execFileSync("mkfifo", [join(dir, "process-0001-redis")]);
  expect(() => processesOf(dir)).toThrow("it is a pipe, and not a file");
  expect((await releaseLeftovers()).quarantined).toEqual([expect.stringContaining("pipes")]);
  expect(leases()).toEqual([]);
});
