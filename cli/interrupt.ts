import { ExitCode } from "../common/errors.ts";

/** Aborts with the first Ctrl-C or SIGTERM, so that the run heals and saves; the second leaves at once. */
export function interruptSignal(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (controller.signal.aborted) {
      // One Ctrl-C under npm comes twice: from the terminal and from npm.
      if (performance.now() - firstAt < 1000) return;
      process.stderr.write("leaving at once; the next start cleans up\n");
      process.exit(ExitCode.interrupted);
    }
    process.stderr.write("\ninterrupted: healing faults and stopping (press again to leave at once)\n");
    firstAt = performance.now();
    controller.abort(new Error("interrupted"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.on("SIGHUP", onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(name, onSignal);
    },
  };
}
