import { setTimeout as delay } from "node:timers/promises";
import { MatchdayError, messageOf } from "./errors.ts";

export interface UntilOptions {
  withinMs: number;
  /** The fact of the error when the deadline passes: what was waited for. */
  orElse: string;
  code?: string;
  hint?: string;
  everyMs?: number;
  signal?: AbortSignal;
}

/**
 * Waits until `answers` returns something truthy, and returns it. What `answers` throws counts as "not yet" and
 * is the cause of the error at the deadline; a thrown MatchdayError ends the wait at once.
 */
export async function until<T>(
  answers: () => T | Promise<T>,
  { withinMs, orElse, code = "NOT_READY", hint, everyMs = 25, signal }: UntilOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (let last: unknown; ; ) {
    signal?.throwIfAborted();
    try {
      const answer = await answers();
      if (answer) return answer;
      last = undefined;
    } catch (error) {
      if (error instanceof MatchdayError) throw error;
      last = error;
    }
    if (performance.now() >= deadline) {
      throw new MatchdayError(code, last === undefined ? orElse : `${orElse} (${messageOf(last)})`, {
        ...(hint === undefined ? {} : { hint }),
        cause: last,
      });
    }
    await delay(everyMs, undefined, signal ? { signal } : {}).catch(() => {});
  }
}
