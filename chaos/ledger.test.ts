import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultLedger } from "./ledger.ts";
import { openFaults, readLedgers, strangeLedgers } from "./ledger-files.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "matchday-faults-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const api = "http://127.0.0.1:8474";
const undo = [{ do: "enable-proxy", api, proxy: "scores.redis" } as const];

test("a fault is on the disk once it may begin, and off the list once it is healed", () => {
  using ledger = FaultLedger.open("run-1", dir);
  expect(openFaults(dir)).toEqual([]);
  ledger.begin({ id: "redis-down", kind: "redis-down", atUs: 5 }, undo);
  ledger.begin({ id: "edge-crash", kind: "edge-crash", atUs: 6 }, [{ do: "restart-part", part: "edge-2" }]);
  expect(openFaults(dir)).toEqual([
    { run: "run-1", ownerRunning: true, fault: "redis-down", kind: "redis-down", atUs: 5, undo },
    expect.objectContaining({ fault: "edge-crash" }),
  ]);
  ledger.healed("redis-down");
  expect(openFaults(dir).map(({ fault }) => fault)).toEqual(["edge-crash"]);
});

test("a ledger goes when all in it is healed, and stays when something is open; close is safe twice", () => {
  const healed = FaultLedger.open("healed", dir);
  healed.begin({ id: "f", kind: "redis-down", atUs: 5 }, undo);
  healed.healed("f");
  healed.close();
  healed.close();
  const open = FaultLedger.open("open", dir);
  open.begin({ id: "f", kind: "redis-down", atUs: 5 }, undo);
  open.close();
  expect(readdirSync(dir)).toEqual(["open.jsonl"]);
});

test("a line that a crash has torn is left out", () => {
  using ledger = FaultLedger.open("run-1", dir);
  ledger.begin({ id: "redis-down", kind: "redis-down", atUs: 5 }, undo);
  const file = join(dir, "run-1.jsonl");
  const whole = readFileSync(file, "utf8").split("\n")[1]!;
  appendFileSync(file, whole.replaceAll("redis-down", "torn").slice(0, 40));
  expect(openFaults(dir).map(({ fault }) => fault)).toEqual(["redis-down"]);
});

test("a ledger that cannot be written is an error, before anything begins", () => {
  expect(() => FaultLedger.open("run-1", join(import.meta.filename, "faults"))).toThrow(
    expect.objectContaining({
      code: "FAULT_LEDGER_UNWRITABLE",
      hint: expect.stringContaining("MATCHDAY_STATE"),
    }),
  );
  using first = FaultLedger.open("run-1", dir);
  expect(first).toBeDefined();
  expect(() => FaultLedger.open("run-1", dir)).toThrow(
    expect.objectContaining({
      code: "FAULT_LEDGER_UNWRITABLE",
      hint: expect.stringContaining("chaos recover"),
    }),
  );
});

/**
 * Where files may have no more than so many blocks of 512 bytes, which a full disk is like: a write goes as far as it can.
 * @returns what the script printed
 */
function onSmallDisk(blocks: number, script: string): string {
  const words = [process.execPath, "--input-type=module-typescript", "-e", script, dir];
  const limited = `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`;
  return execFileSync("sh", ["-c", limited, "sh", ...words], { encoding: "utf8", cwd: import.meta.dirname });
}

test("a ledger of which nothing can be written leaves no file", () => {
  const said = onSmallDisk(
    0,
    `import { FaultLedger } from "./ledger.ts";
    try { FaultLedger.open("run-1", process.argv[1]); } catch (error) { console.log(error.code); }`,
  );
  expect(said).toBe("FAULT_LEDGER_UNWRITABLE\n");
  expect(readdirSync(dir)).toEqual([]);
});

test("what is not wholly written did not begin, and spoils no line that comes after it", () => {
  const said = onSmallDisk(
    2,
    `import { FaultLedger } from "./ledger.ts";
    const ledger = FaultLedger.open("run-1", process.argv[1]);
    const step = (proxy) => [{ do: "enable-proxy", api: "${api}", proxy }];
    ledger.begin({ id: "first", kind: "redis-down", atUs: 5 }, step("scores.redis"));
    try { ledger.begin({ id: "long", kind: "redis-down", atUs: 6 }, step("x".repeat(2000))); } catch (error) { console.log(error.code); }
    ledger.begin({ id: "next", kind: "redis-down", atUs: 7 }, step("edge-1.redis"));`,
  );
  expect(said).toBe("FAULT_LEDGER_UNWRITABLE\n");
  expect(readLedgers(dir)).toMatchObject([{ strange: false, open: [{ fault: "first" }, { fault: "next" }] }]);
});

test("no folder is no ledger", () => {
  expect(readLedgers(join(dir, "none"))).toEqual([]);
});

test("a pipe among the ledgers is none, and holds nobody up", () => {
  const pipe = join(dir, "pipe.jsonl");
  execFileSync("mkfifo", [pipe]);
  expect(readLedgers(dir)).toEqual([]);
  expect(strangeLedgers(dir)).toEqual([pipe]);
});
