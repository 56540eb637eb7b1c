import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { identityOf, isRunning } from "../common/process-identity.ts";
import { cleanUp } from "./clean-up.ts";
import { findLeftovers, renderLeftovers } from "./leftovers.ts";

/** Before the modules above are read: they ask the environment once. */
const state = vi.hoisted(() => {
  const dir = `${process.env.TMPDIR ?? "/tmp"}/matchday-clean-up-${process.pid}`;
  process.env.MATCHDAY_STATE = dir;
  return dir;
});
const run = "2026-01-02T03-04-05-goal-spike";
const gone = { pid: 4_194_304, startTime: "1" };

let silent: ChildProcess;
let port: number;
/** A Toxiproxy that is busy: it takes connections, and answers nothing. */
beforeEach(async () => {
  const script =
    'require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })';
  silent = spawn(process.execPath, ["-e", script], { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await once(silent.stdout!, "data");
  port = Number(said);
});
afterEach(() => {
  silent.kill("SIGKILL");
  rmSync(state, { recursive: true, force: true });
});

/** What a run leaves that was killed while a fault was open. */
function leave(): { lease: string; folder: string } {
  const lease = join(state, "leases", run);
  const folder = join(state, "temporary");
  for (const dir of [lease, folder, join(state, "faults")]) mkdirSync(dir, { recursive: true });
  writeFileSync(join(lease, "lease.json"), JSON.stringify({ id: run, owner: gone, folders: [folder] }));
  writeFileSync(join(lease, "gate"), "open");
  const { pid, startTime } = identityOf(silent.pid!);
  writeFileSync(join(lease, "process-0001-toxiproxy"), `${pid}\n${startTime}\n`);
  const undo = [{ do: "enable-proxy", api: `http://127.0.0.1:${port}`, proxy: "edge-1.redis" }];
  const lines = [
    { type: "run", run, owner: gone },
    { type: "open", fault: "redis-down", kind: "redis-down", atUs: 1_767_323_045_000_000, undo },
  ];
  writeFileSync(
    join(state, "faults", `${run}.jsonl`),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
  return { lease, folder };
}

test("what is left is told with its kind, its run and since when", () => {
  const { folder } = leave();
  const about = { run, removedBy: "matchday chaos recover" };
  const found = findLeftovers();
  expect(found).toEqual([
    { kind: "process", what: `toxiproxy (pid ${silent.pid})`, since: expect.any(String), ...about },
    { kind: "folder", what: folder, since: expect.any(String), ...about },
    {
      kind: "fault",
      what: "redis-down, undone by: edge-1.redis enabled",
      since: "2026-01-02T03:04:05.000Z",
      ...about,
    },
  ]);
  expect(renderLeftovers(found)).toContain(
    `! fault of ${run}, since 2026-01-02T03:04:05Z: redis-down, undone by: edge-1.redis enabled\n`,
  );
});

test("once is enough, also where a fault's Toxiproxy did not answer and has gone with its run", async () => {
  const { folder } = leave();
  expect(await cleanUp()).toEqual([
    { text: "ended toxiproxy", ok: true },
    {
      text: 'redis-down: nothing to do for "edge-1.redis enabled": its Toxiproxy went with its stack',
      ok: true,
    },
  ]);
  expect(isRunning(identityOf(silent.pid!))).toBe(false);
  expect(existsSync(folder)).toBe(false);
  expect(["leases", "faults", "scratch"].flatMap((name) => readdirSync(join(state, name)))).toEqual([]);
  expect(findLeftovers()).toEqual([]);
  expect(await cleanUp()).toEqual([]);
});
