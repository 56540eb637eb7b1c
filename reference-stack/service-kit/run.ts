import { ExitCode, MatchdayError, messageOf } from "../../common/errors.ts";
import { log } from "./log.ts";

export interface RunningService {
  /** Ends what clients see first, then the rest. */
  stop(): Promise<void>;
}

/**
 * Runs a service as this process: SIGTERM and SIGINT stop it gracefully, a second signal at once; an error that nobody
 * caught ends it with its code, so that a supervisor sees it.
 */
export async function runService(
  name: string,
  start: () => Promise<RunningService>,
  { stopWithinMs = 4500 }: { stopWithinMs?: number } = {},
): Promise<void> {
  let stopping = false;
  let service: RunningService | undefined;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(ExitCode.interrupted);
    stopping = true;
    log("stopping", { service: name, signal });
    setTimeout(() => {
      log("stop took too long", { service: name, stopWithinMs });
      process.exit(ExitCode.harness);
    }, stopWithinMs).unref();
    try {
      await service?.stop();
      process.exit(ExitCode.pass);
    } catch (error) {
      log("stop failed", { service: name, error: messageOf(error) });
      process.exit(ExitCode.harness);
    }
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  try {
    service = await start();
    log("started", { service: name });
  } catch (error) {
    const { code, hint } =
      error instanceof MatchdayError ? error : { code: "SERVICE_FAILED", hint: undefined };
    log("failed to start", { service: name, code, error: messageOf(error), hint });
    process.exit(error instanceof MatchdayError ? error.exitCode : ExitCode.harness);
  }
}
