import { renameSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { MatchdayError, messageOf } from "./errors.ts";
import {
  gateFile,
  leasesDir,
  nameInWork,
  processesOf,
  readLeases,
  removeLease,
  type StandingLease,
  sweepScratch,
} from "./lease-files.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";
import { quarantine } from "./quarantine.ts";
import { until } from "./until.ts";

/** What was cleaned up. */
export interface Released {
  /** Names of the processes that were ended. */
  processes: string[];
  /** Where records stand now that nobody could read. */
  quarantined: string[];
}

/** Leases whose owner is gone, with what still runs of them; changes nothing. */
export function leftoverLeases(): (StandingLease & { processes: (ProcessIdentity & { name: string })[] })[] {
  return readLeases()
    .leases.filter(isLeft)
    .map((lease) => ({ ...lease, processes: processesOf(lease.dir) }));
}

const isLeft = ({ owner, heir }: StandingLease) => !isRunning(owner) && !(heir && isRunning(heir));

/**
 * Ends what runs have left behind whose owner is gone (killed, crashed, machine restarted). Several at once share the work.
 * @throws MatchdayError LEFTOVERS_RUNNING when some cannot be ended; all others are by then.
 */
export async function releaseLeftovers(): Promise<Released> {
  const { leases, strangers } = readLeases();
  const quarantined = strangers.flatMap((name) => quarantine(join(leasesDir, name)) ?? []);
  const processes: string[] = [];
  const failures: string[] = [];
  for (const lease of leases.filter(isLeft)) {
    const stay: string[] = [];
    try {
      const dir = inherit(lease);
      if (dir === undefined) continue;
      // First the gate, then the names: whoever has not said its name by now finds the gate closed.
      truncateSync(join(dir, gateFile));
      for (const left of processesOf(dir)) {
        await end(left).then(
          () => processes.push(left.name),
          (error) => stay.push(`${left.name} (pid ${left.pid}): ${messageOf(error)}`),
        );
      }
      if (stay.length === 0) {
        for (const folder of lease.folders) rmSync(folder, { recursive: true, force: true });
        removeLease(dir, lease.id);
      }
    } catch (error) {
      stay.push(`${lease.id}: ${messageOf(error)}`);
    }
    failures.push(...stay);
  }
  sweepScratch();
  if (failures.length === 0) return { processes, quarantined };
  throw new MatchdayError(
    "LEFTOVERS_RUNNING",
    `an earlier run has left processes behind: ${failures.join("; ")}`,
    {
      hint: "end them by hand, as the user who started them",
    },
  );
}

/** @returns undefined when another has been quicker */
function inherit({ id, dir }: StandingLease): string | undefined {
  const mine = join(leasesDir, nameInWork(id, identityOf(process.pid)));
  try {
    renameSync(dir, mine);
    return mine;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function end(left: ProcessIdentity): Promise<void> {
  try {
    // The whole group: PostgreSQL's workers and k6's threads go with their parent.
    process.kill(-left.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
  await until(() => !isRunning(left), { withinMs: 5000, orElse: "it does not end within 5 s" });
}
