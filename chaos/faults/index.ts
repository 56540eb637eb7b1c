import type { FaultKind } from "../contract.ts";
import edgeCrash from "./edge-crash.ts";
import edgePause from "./edge-pause.ts";
import feedJitter from "./feed-jitter.ts";
import postgresDown from "./postgres-down.ts";
import redisDown from "./redis-down.ts";
import slowRedis from "./slow-redis.ts";

/** Every fault kind, by id; a test holds this list to the folder. */
export const faultKinds: ReadonlyMap<string, FaultKind> = new Map(
  [edgeCrash, edgePause, feedJitter, postgresDown, redisDown, slowRedis].map((kind) => [kind.id, kind]),
);
