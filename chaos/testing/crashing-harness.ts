/**
 * A harness that is to be killed: begins the fault of its arguments on a stack of which only Toxiproxy is real, says
 * `injected`, and waits for its end. Arguments: ledger folder, Toxiproxy's URL, fault kind, its options as JSON.
 */
import { wallClock } from "../../common/clock.ts";
import { FaultLedger } from "../ledger.ts";
import { runFaults } from "../timeline.ts";
import { FakeStack } from "./fake-stack.ts";

const [dir, toxiproxyUrl, kind, options] = process.argv.slice(2) as [string, string, string, string];
const stack = new FakeStack();
stack.toxiproxyUrl = toxiproxyUrl;
const faults = runFaults({
  faults: [{ id: kind, kind, options: JSON.parse(options), atMs: 0, forMs: 600_000, expect: [] }],
  stack,
  startAtUs: wallClock.nowUs(),
  clock: wallClock,
  ledger: FaultLedger.open(`crashed-${kind}`, dir),
  signal: new AbortController().signal,
  onChange: ({ state, detail }) => process.stdout.write(`${state} ${detail ?? ""}\n`),
});
await faults.done;
