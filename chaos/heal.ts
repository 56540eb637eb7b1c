import type { Clock } from "../common/clock.ts";
import { formatMs } from "../common/duration.ts";
import { MatchdayError, messageOf } from "../common/errors.ts";
import type { StackControl } from "../reference-stack/handle.ts";
import type { UndoStep } from "./contract.ts";
import {
  isPartStep,
  isProxyStep,
  type StepResult,
  stepInWords,
  undoPartStep,
  undoProxySteps,
} from "./undo.ts";

interface HealOptions {
  fault: string;
  stack: StackControl;
  clock: Clock;
  withinMs: number;
  /** Whether the injection is known to have done all of it. */
  injected: boolean;
}

/** Between two tries: long enough for a part that is just coming up, short beside any fault. */
const retryUs = 200_000;

/**
 * Takes every undo step until all of them are confirmed: proxies by `GET /proxies`, parts by their own answer.
 * @throws MatchdayError FAULT_NOT_HEALED after `withinMs`, with what is left and why.
 */
export async function heal(
  steps: UndoStep[],
  { fault, stack, clock, withinMs, injected }: HealOptions,
): Promise<void> {
  const deadlineUs = clock.nowUs() + withinMs * 1000;
  const over = new AbortController();
  let left: StepResult[] = steps.map((step) => ({ step, outcome: "left", why: "no answer" }));
  let known = injected;
  const tries = async () => {
    while (left.length > 0 && !over.signal.aborted) {
      const results = await tryOnce(
        left.map(({ step }) => step),
        stack,
        known,
      );
      known = false;
      left = results.filter(({ outcome }) => outcome === "left" || outcome === "gone");
      if (left.length === 0 || clock.nowUs() >= deadlineUs) return;
      await clock.sleepUntil(Math.min(clock.nowUs() + retryUs, deadlineUs), over.signal);
    }
  };
  // A try that hangs (a part that never gets ready) must not hide the deadline.
  const deadline = clock.sleepUntil(deadlineUs, over.signal);
  try {
    await Promise.race([tries(), deadline]);
  } finally {
    over.abort();
    await deadline.catch(() => {});
  }
  if (left.length === 0) return;
  const what = left.map(({ step, outcome, why }) => {
    const reason = outcome === "gone" ? "it is not there any more" : why;
    return `not ${stepInWords(step)}: ${reason}`;
  });
  throw notHealed(`${fault} is not healed after ${formatMs(withinMs)}: ${what.join("; ")}`);
}

export function notHealed(fact: string, cause?: unknown): MatchdayError {
  return new MatchdayError("FAULT_NOT_HEALED", fact, {
    hint: "run matchday chaos recover; if it persists, matchday stack down, then up",
    cause,
  });
}

/** One round over all steps, proxies and parts side by side; never rejects. */
async function tryOnce(steps: UndoStep[], stack: StackControl, known: boolean): Promise<StepResult[]> {
  const proxySteps = Object.entries(Object.groupBy(steps.filter(isProxyStep), ({ api }) => api)).map(
    async ([api, ofApi = []]) => {
      try {
        return await undoProxySteps(api, ofApi);
      } catch (error) {
        return ofApi.map((step): StepResult => ({ step, outcome: "left", why: messageOf(error) }));
      }
    },
  );
  const partSteps = steps.filter(isPartStep).map(async (step) => [await undoPartStep(step, stack, known)]);
  return (await Promise.all([...proxySteps, ...partSteps])).flat();
}
