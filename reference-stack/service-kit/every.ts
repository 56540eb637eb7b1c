import { messageOf } from "../../common/errors.ts";
import { log } from "./log.ts";

/**
 * Does something again and again, `ms` after it was done. What it throws is said once, until it works again or fails
 * otherwise.
 * @returns stops it; resolves when nothing is under way any more
 */
export function every(ms: number, what: string, act: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let failed: string | undefined;
  let running = Promise.resolve();
  const turn = async () => {
    try {
      await act();
      failed = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== failed) log(`${what} failed`, { reason });
      failed = reason;
    }
    if (!stopped) timer = setTimeout(begin, ms);
  };
  const begin = () => {
    running = turn();
  };
  timer = setTimeout(begin, ms);
  return () => {
    stopped = true;
    clearTimeout(timer);
    return running;
  };
}
