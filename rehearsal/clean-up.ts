import { leftLedgers } from "../chaos/ledger-files.ts";
import { putStrangeLedgersAside, recover } from "../chaos/recover.ts";
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
  const healed = (await healFaults()).map(({ text, outcome }) => ({ text, ok: outcome !== "left" }));
  const aside = putStrangeLedgersAside();
  const { processes, quarantined } = await releaseLeftovers();
  const stacks = await releaseLeftoverContainers();
  aside.push(...putStrangeRecordsAside());
  return [
    ...healed,
    ...(processes.length > 0 ? [{ text: `ended ${processes.join(", ")}`, ok: true }] : []),
    ...[...aside, ...quarantined].map((file) => ({
      text: `put aside ${file}, which is no record of a run`,
      ok: true,
    })),
    ...stacks.map((stack) => ({ text: `removed the containers of ${stack}`, ok: true })),
  ];
}

async function healFaults() {
  const left = leftLedgers().some(({ open }) => open.length > 0);
  if (!left) return recover();
  // Parts of a stack that still stands can be put right; those of any other went with their run.
  const standing = await standingStacks().catch(() => []);
  const free = standing.find(({ run }) => run === undefined);
  if (!free) return recover();
  await using stack = await attach(free.id, { run: "recovery" });
  return await recover({ stack });
}
