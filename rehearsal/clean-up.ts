import { leftLedgers } from "../chaos/ledger-files.ts";
import { putStrangeLedgersAside, type RecoveredStep, recover } from "../chaos/recover.ts";
import { releaseLeftovers } from "../common/leftovers.ts";
import { releaseLeftoverContainers } from "../reference-stack/providers/containers/leftovers.ts";
import { putStrangeRecordsAside } from "../reference-stack/providers/containers/stack-records.ts";
import { attach, standingStacks } from "../reference-stack/providers/containers/standing.ts";

export interface CleanedUp {
  text: string;
  /** False: it is still broken. */
  ok: boolean;
}

/** Puts right what runs have left behind whose owner is gone: heals their faults, then ends what they had started. */
export async function cleanUp(): Promise<CleanedUp[]> {
  // Heal first: a proxy that goes with its Toxiproxy is gone anyway, one that stays (a user's own) must be right.
  const healed = await healFaults();
  const aside = putStrangeLedgersAside();
  const { processes, quarantined } = await releaseLeftovers();
  const stacks = await releaseLeftoverContainers();
  aside.push(...putStrangeRecordsAside());
  // What could not be healed may have gone since with its run: a Toxiproxy that did not answer is ended by now.
  const gone = healed.some(isBroken) ? await healFaults() : [];
  return [
    ...healed.filter((step) => !isBroken(step)).map(told),
    ...(processes.length > 0 ? [{ text: `ended ${processes.join(", ")}`, ok: true }] : []),
    ...[...aside, ...quarantined].map((file) => ({
      text: `put aside ${file}, which is no record of a run`,
      ok: true,
    })),
    ...stacks.map((stack) => ({ text: `removed the containers of ${stack}`, ok: true })),
    ...gone.map(told),
  ];
}

const isBroken = ({ outcome }: RecoveredStep) => outcome === "left";
const told = (step: RecoveredStep): CleanedUp => ({ text: step.text, ok: !isBroken(step) });

async function healFaults(): Promise<RecoveredStep[]> {
  const left = leftLedgers().some(({ open }) => open.length > 0);
  if (!left) return recover();
  // Parts of a stack that still stands can be put right; those of any other went with their run.
  const standing = await standingStacks().catch(() => []);
  const free = standing.find(({ run }) => run === undefined);
  if (!free) return recover();
  await using stack = await attach(free.id, { run: "recovery" });
  return await recover({ stack });
}
