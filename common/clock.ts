import { setTimeout as delay } from "node:timers/promises";

/** Microseconds since the Unix epoch, on the machine's wall clock, monotonic within this process. */
export function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/** A clock that can be passed in, so that schedules are tested in virtual time. */
export interface Clock {
  nowUs(): number;
  /** Resolves at `atUs` (at once when it has passed); rejects with the signal's reason when aborted. */
  sleepUntil(atUs: number, signal?: AbortSignal): Promise<void>;
}

/** What Node's timers can hold; a longer one fires at once. */
const longestTimerMs = 2 ** 31 - 1;

export const wallClock: Clock = {
  nowUs,
  async sleepUntil(atUs, signal) {
    for (let leftUs = atUs - nowUs(); leftUs > 0 && !signal?.aborted; leftUs = atUs - nowUs()) {
      // An aborted timer rejects with an error of its own; callers want the signal's reason.
      const ms = Math.min(Math.max(1, Math.ceil(leftUs / 1000)), longestTimerMs);
      await delay(ms, undefined, signal ? { signal } : {}).catch(() => {});
    }
    signal?.throwIfAborted();
  },
};
