import { setTimeout as delay } from "node:timers/promises";
import { MatchdayError, messageOf } from "./errors.ts";

const defaultHint = "see the logs in the run folder, and run again on a machine that has less to do";

export interface UntilOptions {
  withinMs: number;
  /** The fact of the error when the deadline passes: what was waited for; a function where it tells how far it came. */
  orElse: string | (() => string);
  code?: string;
  hint?: string;
  everyMs?: number;
  signal?: AbortSignal;
}

/**
 * Waits until `answers` returns something truthy, and returns it. What `answers` throws counts as "not yet" and
 * is the cause of the error at the deadline; a thrown MatchdayError ends the wait at once. An answer that does not come
 * is no excuse: the deadline and the signal hold all the same.
 * @throws MatchdayError `code` at the deadline, or the signal's reason.
 */
export async function until<T>(
  answers: () => T | Promise<T>,
  { withinMs, orElse, code = "NOT_READY", hint = defaultHint, everyMs = 25, signal }: UntilOptions,
): Promise<NonNullable<T>> {
  signal?.throwIfAborted();
  const deadline = performance.now() + withinMs;
  const over = new AbortController();
  const anyEnd = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const timeUp = delay(withinMs, "time up" as const, { signal: anyEnd });
  // Nobody may be racing against it when it is called off.
  timeUp.catch(() => {});
  let last: unknown;
  try {
    for (;;) {
      try {
        // Through a promise of its own, so that what `answers` throws at once is handled like what it throws later.
        const answer = await Promise.race([(async () => ({ answer: await answers() }))(), timeUp]);
        if (answer === "time up") break;
        if (answer.answer) return answer.answer;
        last = undefined;
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof MatchdayError) throw error;
        last = error;
      }
      if (performance.now() >= deadline) break;
      if ((await Promise.race([delay(everyMs, "next", { signal: anyEnd }), timeUp])) === "time up") break;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    over.abort();
  }
  const fact = typeof orElse === "string" ? orElse : orElse();
  throw new MatchdayError(code, last === undefined ? fact : `${fact} (${messageOf(last)})`, {
    hint,
    cause: last,
  });
}
