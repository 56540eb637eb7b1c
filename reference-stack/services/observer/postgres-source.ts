import pg from "pg";
import { within } from "../../service-kit/within.ts";
import type { PostgresFigure } from "./figures.ts";
import { answerWithinMs } from "./redis-source.ts";

type Figures = Partial<Record<PostgresFigure, number>>;

const primaryQuery = `
  SELECT numbackends AS backends, xact_commit AS commits_total, xact_rollback AS rollbacks_total,
    blks_hit AS blocks_hit_total, blks_read AS blocks_read_total, tup_inserted AS tuples_inserted_total,
    (SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock') AS waiting_backends,
    (SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables) AS dead_tuples,
    pg_database_size(current_database()) AS database_bytes,
    pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS wal_bytes
  FROM pg_stat_database WHERE datname = current_database()`;

const replicaQuery = `
  SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') AS wal_bytes,
    extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) AS replayed_seconds`;

/** Asks the primary, and its replica beside it: a replica that is cut off is behind, and the primary alone could not say. */
export class PostgresSource {
  readonly #primary: pg.Pool;
  readonly #replica: pg.Pool;

  constructor(primaryUrl: string, replicaUrl: string) {
    this.#primary = oneConnection(primaryUrl);
    this.#replica = oneConnection(replicaUrl);
  }

  /** @throws Error when the primary does not within half a second */
  async ask(): Promise<Figures> {
    const [primary, replica] = await Promise.all([
      numbers(this.#primary, primaryQuery),
      numbers(this.#replica, replicaQuery).catch(() => undefined),
    ]);
    const { wal_bytes: written = 0, ...figures } = primary;
    if (replica === undefined) return { ...figures, replica_up: 0 };
    return { ...figures, replica_up: 1, ...replicationLag(written, replica) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#primary.end(), this.#replica.end()]);
  }
}

/**
 * A replica that has all there is has no lag, however long ago the last transaction was.
 * @param written bytes of WAL on the primary; asked at the same time as the replica, which may have moved on since
 */
export function replicationLag(written: number, replica: Record<string, number>): Figures {
  const behind = Math.max(0, written - (replica.wal_bytes ?? 0));
  return {
    replication_lag_bytes: behind,
    replication_lag_seconds: behind === 0 ? 0 : Math.max(0, replica.replayed_seconds ?? 0),
  };
}

/** One, so that a server which does not answer does not gather questions. */
function oneConnection(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 1,
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
    statement_timeout: answerWithinMs,
  });
  pool.on("error", () => {});
  return pool;
}

/** The one row of an answer; PostgreSQL's big integers and numerics come as text. */
async function numbers(pool: pg.Pool, query: string): Promise<Record<string, number>> {
  const { rows } = await within(
    pool.query<Record<string, unknown>>(query),
    answerWithinMs,
    `no answer within ${answerWithinMs} ms`,
  );
  const values = Object.entries(rows[0] ?? {}).filter(([, value]) => value !== null);
  return Object.fromEntries(values.map(([name, value]) => [name, Number(value)]));
}
