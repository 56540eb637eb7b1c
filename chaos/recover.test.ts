import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nameInWork } from "../common/lease-files.ts";
import { freePorts } from "../common/ports.ts";
import { identityOf } from "../common/process-identity.ts";
import type { UndoStep } from "./contract.ts";
import { FaultLedger } from "./ledger.ts";
import { leftLedgers, openFaults } from "./ledger-files.ts";
import { putStrangeLedgersAside, recover } from "./recover.ts";
import { FakeStack, fakeToxiproxy } from "./testing/fake-stack.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "matchday-recover-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A ledger as a harness leaves it that is gone: no process has pid 2^22, the most that Linux gives. */
function leaveLedger(run: string, undo: UndoStep[]): void {
  const lines = [
    { type: "run", run, owner: { pid: 4_194_304, startTime: "1" } },
    { type: "open", fault: "f", kind: "redis-down", atUs: 5, undo },
  ];
  writeFileSync(join(dir, `${run}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

const outcomes = (steps: { outcome: string; text: string }[]) =>
  steps.map(({ outcome, text }) => `${outcome} ${text}`);

test("nothing to recover is an empty list", async () => {
  expect(await recover({ dir: join(dir, "none") })).toEqual([]);
});

test("what a run that lives has broken is left alone", async () => {
  await using toxiproxy = await fakeToxiproxy(["scores.redis", "edge-1.redis"]);
  for (const proxy of toxiproxy.proxies.values()) proxy.enabled = false;
  const enable = (proxy: string): UndoStep => ({ do: "enable-proxy", api: toxiproxy.url, proxy });
  using living = FaultLedger.open("living", dir);
  living.begin({ id: "mine", kind: "redis-down", atUs: 5 }, [enable("scores.redis")]);
  leaveLedger("crashed", [enable("scores.redis"), enable("edge-1.redis")]);
  expect(outcomes(await recover({ dir }))).toEqual([
    'gone f: nothing to do for "scores.redis enabled": a run that lives has broken it on purpose',
    "undone f: edge-1.redis enabled",
  ]);
  expect(toxiproxy.proxies.get("scores.redis")!.enabled).toBe(false);
  expect(openFaults(dir).map(({ run }) => run)).toEqual(["living"]);
});

test("where Toxiproxy is gone, its faults are gone too", async () => {
  const [port] = await freePorts(1);
  leaveLedger("crashed", [{ do: "enable-proxy", api: `http://127.0.0.1:${port}`, proxy: "scores.redis" }]);
  expect(outcomes(await recover({ dir }))).toEqual([
    'gone f: nothing to do for "scores.redis enabled": its Toxiproxy went with its stack',
  ]);
  expect(readdirSync(dir)).toEqual([]);
});

test("what cannot be put right is said, and stays in the ledger for the next time", async () => {
  await using toxiproxy = await fakeToxiproxy(["scores.redis"]);
  toxiproxy.proxies.get("scores.redis")!.enabled = false;
  toxiproxy.refused.add("POST /proxies/scores.redis");
  const api = toxiproxy.url.replace("//", "//matchday:its-password@");
  leaveLedger("crashed", [{ do: "enable-proxy", api, proxy: "scores.redis" }]);
  const [told, ...more] = outcomes(await recover({ dir }));
  expect(told).toMatch(/^left f: not scores\.redis enabled: .*500/);
  expect(told).not.toContain("its-password");
  expect(more).toEqual([]);
  expect(readdirSync(dir)).toEqual(["crashed.jsonl"]);
  toxiproxy.refused.clear();
  expect(outcomes(await recover({ dir }))).toEqual(["undone f: scores.redis enabled"]);
  expect(await recover({ dir })).toEqual([]);
});

test("parts are restarted where the stack stands, and only those that are down", async () => {
  const undo: UndoStep[] = [
    { do: "restart-part", part: "edge-1" },
    { do: "restart-part", part: "edge-2" },
    { do: "unpause-part", part: "scores" },
    { do: "restart-part", part: "edge-9" },
  ];
  leaveLedger("crashed", undo);
  const stack = new FakeStack();
  stack.down.add("edge-2").add("scores");
  expect(outcomes(await recover({ dir, stack }))).toEqual([
    "already f: edge-1 restarted already",
    "undone f: edge-2 restarted",
    "undone f: scores unpaused",
    'gone f: nothing to do for "edge-9 restarted": it is not there any more',
  ]);
  leaveLedger("crashed", undo.slice(0, 1));
  expect(outcomes(await recover({ dir }))).toEqual([
    'gone f: nothing to do for "edge-1 restarted": edge-1 went with its stack',
  ]);
});

test("several at once share the work: each fault is put right by one of them, and told once", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `edge-${index}.redis`);
  await using toxiproxy = await fakeToxiproxy(names);
  for (const proxy of toxiproxy.proxies.values()) proxy.enabled = false;
  for (const proxy of names)
    leaveLedger(`crashed-${proxy}`, [{ do: "enable-proxy", api: toxiproxy.url, proxy }]);
  const all = await Promise.all(Array.from({ length: 8 }, () => recover({ dir })));
  expect(outcomes(all.flat()).toSorted()).toEqual(
    names.map((proxy) => `undone f: ${proxy} enabled`).toSorted(),
  );
  expect(readdirSync(dir)).toEqual([]);
});

test("what somebody puts right who is killed at it is put right by the next", async () => {
  await using toxiproxy = await fakeToxiproxy(["scores.redis"]);
  toxiproxy.proxies.get("scores.redis")!.enabled = false;
  leaveLedger("crashed", [{ do: "enable-proxy", api: toxiproxy.url, proxy: "scores.redis" }]);
  const file = join(dir, "crashed.jsonl");
  renameSync(file, join(dir, `${nameInWork("crashed", identityOf(process.pid))}.jsonl`));
  expect(await recover({ dir })).toEqual([]);
  expect(leftLedgers(dir)).toEqual([]);
  const [taken] = readdirSync(dir);
  renameSync(
    join(dir, taken!),
    join(dir, `${nameInWork("crashed", { pid: 4_194_304, startTime: "1" })}.jsonl`),
  );
  expect(leftLedgers(dir)).toMatchObject([{ run: "crashed" }]);
  expect(outcomes(await recover({ dir }))).toEqual(["undone f: scores.redis enabled"]);
  expect(readdirSync(dir)).toEqual([]);
});

test.each<[string, string]>([
  ["of another shape", '{"type":"run","run":7}\n'],
  ["null", "null\n"],
  ["no JSON", "hello\n"],
  ["empty", ""],
  [
    "of undo steps that nobody knows",
    '{"type":"open","fault":"f","kind":"k","atUs":1,"undo":[{"do":"rm -rf"}]}\n',
  ],
])("a ledger that is %s is in nobody's way, and is put aside once", async (_, text) => {
  const file = join(dir, "odd.jsonl");
  writeFileSync(file, text);
  utimesSync(file, 0, 0);
  expect(await recover({ dir })).toEqual([]);
  const [aside, ...more] = putStrangeLedgersAside(dir);
  expect(more).toEqual([]);
  expect(readFileSync(aside!, "utf8")).toBe(text);
  rmSync(aside!);
  expect(putStrangeLedgersAside(dir)).toEqual([]);
});

test("what can be read of a ledger is put right, however strange the rest of it is", async () => {
  await using toxiproxy = await fakeToxiproxy(["scores.redis"]);
  toxiproxy.proxies.get("scores.redis")!.enabled = false;
  leaveLedger("crashed", [{ do: "enable-proxy", api: toxiproxy.url, proxy: "scores.redis" }]);
  appendFileSync(join(dir, "crashed.jsonl"), '{"type":"more"}\n');
  expect(outcomes(await recover({ dir }))).toEqual(["undone f: scores.redis enabled"]);
  const [aside] = putStrangeLedgersAside(dir);
  expect(readdirSync(dir)).toEqual([]);
  rmSync(aside!);
});

test("a ledger that has just been opened is left alone", () => {
  writeFileSync(join(dir, "opening.jsonl"), "");
  expect(putStrangeLedgersAside(dir)).toEqual([]);
});
