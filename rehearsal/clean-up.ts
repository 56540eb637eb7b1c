import { recover } from "../chaos/recover.ts";
import { releaseLeftovers } from "../common/lease.ts";

export interface CleanedUp {
  text: string;
  /** False: it is still broken. */
  ok: boolean;
}

/** Puts right what runs have left behind whose owner is gone: heals their faults, then ends their processes. */
export async function cleanUp(): Promise<CleanedUp[]> {
  // Heal first: a proxy that goes with its Toxiproxy is gone anyway, one that stays (a user's own) must be right.
  const healed = (await recover()).map(({ text, outcome }) => ({ text, ok: outcome !== "left" }));
  const ended = await releaseLeftovers();
  return ended.length > 0 ? [...healed, { text: `ended ${ended.join(", ")}`, ok: true }] : healed;
}
