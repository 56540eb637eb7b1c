import { recover } from "../chaos/recover.ts";
import { releaseLeftovers } from "../common/lease.ts";

/**
 * Puts right what runs have left behind whose owner is gone: heals their faults, then ends their processes.
 * @returns what was done, a line each.
 */
export async function cleanUp(): Promise<string[]> {
  // Heal first: a proxy that goes with its Toxiproxy is gone anyway, one that stays (a user's own) must be right.
  const healed = (await recover()).map(({ text }) => text);
  const ended = await releaseLeftovers();
  return ended.length > 0 ? [...healed, `ended ${ended.join(", ")}`] : healed;
}
