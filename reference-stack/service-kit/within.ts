import { setImmediate as nextRound } from "node:timers/promises";

/**
 * The promise's value, or an error after `ms`. When the timer fires, sockets get one more look: after a long turn of
 * the event loop timers run before reads, and an answer that came in time would count as late.
 */
export function within<T>(promise: Promise<T>, ms: number, orElse: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(async () => {
      await nextRound();
      await nextRound();
      reject(new Error(orElse));
    }, ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
