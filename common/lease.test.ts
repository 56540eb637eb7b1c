import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { Lease, releaseLeftovers } from "./lease.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";

vi.setConfig({ testTimeout: 30_000 });

/** Before the modules above are read: they ask the environment once. */
const state = vi.hoisted(() => {
  const dir = `${process.env.TMPDIR ?? "/tmp"}/matchday-lease-${process.pid}`;
  process.env.MATCHDAY_STATE = dir;
  return dir;
});
const work = mkdtempSync(join(tmpdir(), "matchday-lease-work-"));
const leases = () => readdirSync(join(state, "leases"));
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
  expect(leases()).toEqual(["run-1.json"]);
  expect(JSON.parse(readFileSync(join(state, "leases", "run-1.json"), "utf8"))).toEqual({
    id: "run-1",
    owner: identityOf(process.pid),
    processes: [{ name: "redis", ...one.identity }],
    folders: [folder],
  });
  await Promise.all([lease.release(), lease.release()]);
  expect(isRunning(one.identity)).toBe(false);
  expect(existsSync(folder)).toBe(false);
  expect(leases()).toEqual([]);
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
  expect(await releaseLeftovers()).toEqual([]);
  expect(isRunning(one.identity)).toBe(true);
});

test("after a kill -9 of the owner, its processes and folders go", async () => {
  const folder = join(work, "leftover");
  const script = `
    const { Lease } = await import(${JSON.stringify(join(import.meta.dirname, "lease.ts"))});
    const lease = Lease.take("crashed");
    lease.folder(${JSON.stringify(folder)});
    const all = [];
    for (const name of ["redis", "edge-1"]) {
      all.push((await lease.start({ name, command: "sleep", args: ["600"], logFile: ${JSON.stringify(join(work, "crashed.log"))} })).identity);
    }
    console.log(JSON.stringify(all));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(owner);
  const gone = new Promise((resolve) => owner.once("exit", resolve));
  let held: ProcessIdentity[] = [];
  for await (const line of createInterface(owner.stdout)) {
    held = JSON.parse(line);
    break;
  }
  owner.kill("SIGKILL");
  await gone;
  expect(held.map(isRunning)).toEqual([true, true]);
  expect(existsSync(folder)).toBe(true);

  expect(await releaseLeftovers()).toEqual(["edge-1", "redis"]);
  expect(held.map(isRunning)).toEqual([false, false]);
  expect(existsSync(folder)).toBe(false);
  expect(leases()).toEqual([]);
  expect(await releaseLeftovers()).toEqual([]);
});

test("a process that only has the pid of one that was held is left alone", async () => {
  const stranger = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  children.push(stranger);
  const identity = identityOf(stranger.pid!);
  mkdirSync(join(state, "leases"), { recursive: true });
  const record = {
    id: "old",
    // This pid runs, but is another process than the owner was.
    owner: { pid: process.pid, startTime: "1" },
    processes: [{ name: "edge-1", pid: identity.pid, startTime: "1" }],
    folders: [],
  };
  writeFileSync(join(state, "leases", "old.json"), JSON.stringify(record));
  expect(await releaseLeftovers()).toEqual([]);
  expect(isRunning(identity)).toBe(true);
  expect(leases()).toEqual([]);
});

test("a record that cannot be read is thrown away", async () => {
  mkdirSync(join(state, "leases"), { recursive: true });
  writeFileSync(join(state, "leases", "torn.json"), '{"id":');
  expect(await releaseLeftovers()).toEqual([]);
  expect(leases()).toEqual([]);
});
