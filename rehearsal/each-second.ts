import { setTimeout as delay } from "node:timers/promises";

/** Does something once a second, one at a time, until it is stopped; once more at the end. It must not reject. */
export function eachSecond(act: () => Promise<void>): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const done = (async () => {
    while (!stopped.signal.aborted) {
      await act();
      await delay(1000, undefined, { signal: stopped.signal }).catch(() => {});
    }
    await act();
  })();
  return {
    async stop() {
      stopped.abort();
      await done;
    },
  };
}
