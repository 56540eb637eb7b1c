import { setTimeout as delay } from "node:timers/promises";
import { nowUs } from "../../../../common/clock.ts";
import type { ServiceMetrics } from "../../../service-kit/metrics.ts";
import type { BookingStore } from "./booking-store.ts";

export interface ReplicaStanding {
  atUs: number;
  /** It has replayed what the primary had when it was asked just before; `undefined`: the primary is away. */
  caughtUp: boolean | undefined;
  /** Commit time of the last transaction that it has replayed; `undefined`: none yet. */
  lastReplayUs: number | undefined;
}

/**
 * How old what a replica says may be. The last replayed transaction's age alone would count silence as lag, and without the
 * primary nobody knows better.
 */
export class LagMeter {
  #caughtUpAtUs: number | undefined;

  /** @returns seconds; `undefined` when nothing is known yet */
  lagOf({ atUs, caughtUp, lastReplayUs }: ReplicaStanding): number | undefined {
    if (caughtUp) this.#caughtUpAtUs = atUs;
    const known = [this.#caughtUpAtUs, lastReplayUs].filter((us) => us !== undefined);
    return known.length === 0 ? undefined : Math.max(0, atUs - Math.max(...known)) / 1e6;
  }
}

const replicaSql = `
  SELECT pg_is_in_recovery() AS follows,
         pg_last_wal_replay_lsn() >= $1::pg_lsn AS caught_up,
         extract(epoch FROM pg_last_xact_replay_timestamp()) AS last_replay`;

/** Asks both each second, and keeps `replica_lag_seconds`. */
export class ReplicaWatch {
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;

  constructor(store: BookingStore, metrics: ServiceMetrics, everyMs = 1000) {
    const gauge = metrics.gauge("replica_lag_seconds", "How old what the replica says may be");
    const meter = new LagMeter();
    const { signal } = this.#closing;
    const look = async () => {
      const standing = await standingOf(store);
      const lag = standing && meter.lagOf(standing);
      if (lag !== undefined) gauge.set(lag);
    };
    this.#ended = (async () => {
      while (!signal.aborted) {
        await look().catch(() => {});
        await delay(everyMs, undefined, { signal }).catch(() => {});
      }
    })();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }
}

async function standingOf(store: BookingStore): Promise<ReplicaStanding> {
  const lsn = await store
    .ask<{ lsn: string }>("primary", "lsn", "SELECT pg_current_wal_lsn() AS lsn")
    .then((row) => row.lsn)
    .catch(() => null);
  const asked = await store.ask<{ follows: boolean; caught_up: boolean | null; last_replay: string | null }>(
    "replica",
    "lag",
    replicaSql,
    [lsn],
  );
  const atUs = nowUs();
  if (!asked.follows) return { atUs, caughtUp: true, lastReplayUs: undefined };
  return {
    atUs,
    caughtUp: asked.caught_up ?? undefined,
    lastReplayUs: asked.last_replay === null ? undefined : Number(asked.last_replay) * 1e6,
  };
}
