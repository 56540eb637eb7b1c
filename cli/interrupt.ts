import { ExitCode } from "../common/errors.ts";
import { watchStarters } from "./starters.ts";

const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Aborts with the first Ctrl-C, SIGTERM or SIGHUP, and when whoever started this is gone, so that the run heals and saves; the
 * second signal leaves at once.
 */
export function interruptSignal(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let firstAt = 0;
  const interrupt = (why: string) => {
    process.stderr.write(`\n${why}: healing faults and stopping (press again to leave at once)\n`);
    firstAt = performance.now();
    controller.abort(new Error(why));
  };
  const onSignal = () => {
    if (!controller.signal.aborted) return interrupt("interrupted");
    // One Ctrl-C under npm comes twice: from the terminal and from npm. A terminal that closes says so in several ways.
    if (performance.now() - firstAt < 1000) return;
    process.stderr.write("leaving at once; the next start cleans up\n");
    process.exit(ExitCode.interrupted);
  };
  const starters = watchStarters(() => {
    if (!controller.signal.aborted) interrupt("whoever started this has ended");
  });
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      starters[Symbol.dispose]();
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
