import type { FaultKind } from "../contract.ts";
import edgeCrash from "./edge-crash.ts";
import edgePause from "./edge-pause.ts";
import feedJitter from "./feed-jitter.ts";
import paymentSlow from "./payment-slow.ts";
import paymentsDown from "./payments-down.ts";
import postgresDown from "./postgres-down.ts";
import postgresPrimaryDown from "./postgres-primary-down.ts";
import redisDown from "./redis-down.ts";
import slowRedis from "./slow-redis.ts";

/** Every fault kind, by id; a test holds this list to the folder. */
export const faultKinds: ReadonlyMap<string, FaultKind> = new Map(
  [
    edgeCrash,
    edgePause,
    feedJitter,
    paymentSlow,
    paymentsDown,
    postgresDown,
    postgresPrimaryDown,
    redisDown,
    slowRedis,
  ].map((kind) => [kind.id, kind]),
);
