import { ErrorReply } from "redis";
import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";

/** Redis did not answer. What was asked for may have happened all the same: it is to be asked for again. */
export class RedisAway extends Error {
  override readonly name = "RedisAway";
}

/** A Redis that is away is told by the link; there is nothing to do about it here but to come again. */
export async function unlessAway<T>(promise: Promise<T>): Promise<T | "away"> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof RedisAway) return "away";
    throw error;
  }
}

/**
 * Asks Redis something.
 * @throws RedisAway when there is no answer; Redis' own refusals, which are faults of ours, as they are
 */
export async function askRedis<T>(
  redis: Pick<RedisLink, "call">,
  name: string,
  ask: (client: RedisClient) => Promise<T>,
): Promise<T> {
  try {
    return await redis.call(name, ask);
  } catch (error) {
    if (error instanceof ErrorReply) throw error;
    throw new RedisAway("Redis does not answer", { cause: error });
  }
}
