import { rmSync } from "node:fs";
import { connect } from "node:net";
import { messageOf } from "../common/errors.ts";
import { isRunning } from "../common/process-identity.ts";
import { quarantine } from "../common/quarantine.ts";
import type { StackControl } from "../reference-stack/handle.ts";
import type { UndoStep } from "./contract.ts";
import {
  faultsDir,
  handBackLedger,
  inheritLedger,
  leftLedgers,
  readLedgers,
  strangeLedgers,
} from "./ledger-files.ts";
import {
  isPartStep,
  isProxyStep,
  type ProxyStep,
  type StepResult,
  stepInWords,
  undoPartStep,
  undoProxySteps,
} from "./undo.ts";

/** One undo step of a run that was cut short, and what became of it. */
export interface RecoveredStep extends StepResult {
  run: string;
  fault: string;
  kind: string;
  /** For a line of output: `redis-down: edge-1.redis enabled`. */
  text: string;
}

interface RecoverOptions {
  /** A stack that stands; without it, parts are taken to have gone with the stack of their run. */
  stack?: StackControl;
  dir?: string;
}

/**
 * Replays the undo steps of runs whose owner is gone (killed, crashed, machine restarted). What is right already is left
 * as it is, so that it can be called at any time, and twice; several at once share the work. A ledger goes when none of its steps is left.
 * @returns each step with its outcome (`left`: still broken); empty when there was nothing to recover.
 */
export async function recover({ stack, dir = faultsDir }: RecoverOptions = {}): Promise<RecoveredStep[]> {
  const recovered: RecoveredStep[] = [];
  for (const found of leftLedgers(dir)) {
    const ledger = inheritLedger(found);
    if (!ledger) continue;
    const steps: RecoveredStep[] = [];
    for (const { fault, kind, undo } of ledger.open) {
      const results = await recoverFault(undo, brokenOnPurpose(dir), stack);
      steps.push(
        ...results.map((result) => ({
          ...result,
          run: ledger.run,
          fault,
          kind,
          text: `${fault}: ${inWords(result)}`,
        })),
      );
    }
    recovered.push(...steps);
    // With lines in it that nobody can read it is no proof that all is right.
    if (ledger.strange || steps.some(({ outcome }) => outcome === "left")) handBackLedger(ledger);
    else rmSync(ledger.file, { force: true });
  }
  return recovered;
}

/**
 * Puts aside what lies among the ledgers and is none; call it after `recover`, which does what can be read of it.
 * @returns where it is now
 */
export function putStrangeLedgersAside(dir: string = faultsDir): string[] {
  return strangeLedgers(dir).flatMap((file) => quarantine(file) ?? []);
}

/** Undo steps of runs that live. Ports and names are used again: what one of them breaks now is not ours to heal. */
function brokenOnPurpose(dir: string): ReadonlySet<string> {
  const open = readLedgers(dir)
    .filter(({ owner }) => isRunning(owner))
    .flatMap((ledger) => ledger.open);
  return new Set(open.flatMap(({ undo }) => undo.map((step) => JSON.stringify(step))));
}

async function recoverFault(
  undo: UndoStep[],
  onPurpose: ReadonlySet<string>,
  stack: StackControl | undefined,
): Promise<StepResult[]> {
  const [theirs, ours] = partition(undo, (step) => onPurpose.has(JSON.stringify(step)));
  const results = gone(theirs, "a run that lives has broken it on purpose");
  for (const [api, steps = []] of Object.entries(
    Object.groupBy(ours.filter(isProxyStep), ({ api }) => api),
  )) {
    results.push(...(await atProxy(api, steps)));
  }
  for (const step of ours.filter(isPartStep)) {
    results.push(
      stack
        ? await undoPartStep(step, stack, false)
        : { step, outcome: "gone", why: `${step.part} went with its stack` },
    );
  }
  return results;
}

function partition<T>(items: T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

async function atProxy(api: string, steps: ProxyStep[]): Promise<StepResult[]> {
  try {
    return await undoProxySteps(api, steps);
  } catch (error) {
    if (!(await isListening(api))) return gone(steps, "its Toxiproxy went with its stack");
    return steps.map((step) => ({ step, outcome: "left", why: messageOf(error) }));
  }
}

const gone = (steps: UndoStep[], why: string): StepResult[] =>
  steps.map((step) => ({ step, outcome: "gone", why }));

/** Where nothing listens any more, the stack has ended, and its faults with it. */
function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 2000 });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => answer(true));
    // Not to answer is not to be gone: it may be paused, or busy.
    socket.once("timeout", () => answer(true));
    socket.once("error", (error: NodeJS.ErrnoException) => answer(error.code !== "ECONNREFUSED"));
  });
}

function inWords({ step, outcome, why }: StepResult): string {
  const words = stepInWords(step);
  switch (outcome) {
    case "undone":
      return words;
    case "already":
      return `${words} already`;
    case "gone":
      return `nothing to do for "${words}": ${why ?? "it is not there any more"}`;
    case "left":
      return `not ${words}: ${why}`;
  }
}
