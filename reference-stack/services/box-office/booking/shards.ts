import { createHash } from "node:crypto";
import { join } from "node:path";
import { runner } from "node-pg-migrate";
import pg from "pg";

/** Two are enough to prove it: an event's bookings stand together, and no query needs both. */
export const shardCount = 2;

export const shardOf = (event: string): number =>
  createHash("sha256").update(event).digest().readUInt32BE() % shardCount;

const databaseOf = (shard: number) => `shard_${shard}`;

/** The shard behind the server that a URL names. */
export function shardUrl(server: string, shard: number): string {
  const url = new URL(server);
  url.pathname = `/${databaseOf(shard)}`;
  return url.href;
}

/**
 * Two seconds in all: what waits for a connection for too long was never sent, and is certain not to have happened; of what
 * was sent that is not known.
 */
const connectWithinMs = 800;
const answerWithinMs = 1200;

/** Small: a booking takes some milliseconds of one, and a server of 50 connections serves two box offices. */
export function newPool(connectionString: string, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: connectWithinMs,
    query_timeout: answerWithinMs,
    statement_timeout: answerWithinMs,
    keepAlive: true,
  });
  // An idle connection that breaks: the pool makes another for the next call.
  pool.on("error", () => {});
  return pool;
}

/** Any number will do, as long as all box offices take the same. */
const creatingLock = 5_309_211;
/** Making a database copies one: longer than a call, on a machine that is busy. */
const creatingWithinMs = 20_000;

/** Makes the shards' databases and tables where they are missing; several may do so at once. */
export async function createShards(server: string): Promise<void> {
  await withClient(server, async (client) => {
    await client.query("SELECT pg_advisory_lock($1)", [creatingLock]);
    const { rows } = await client.query<{ datname: string }>("SELECT datname FROM pg_database");
    const there = new Set(rows.map(({ datname }) => datname));
    for (let shard = 0; shard < shardCount; shard++) {
      if (!there.has(databaseOf(shard))) {
        // template1 may have visitors, and then cannot be copied (PostgreSQL manual, 23.3).
        await client.query(`CREATE DATABASE ${databaseOf(shard)} TEMPLATE template0`);
      }
    }
  });
  for (let shard = 0; shard < shardCount; shard++) {
    await withClient(shardUrl(server, shard), async (client) => {
      await runner({
        dbClient: client,
        dir: join(import.meta.dirname, "..", "..", "..", "migrations", "bookings"),
        direction: "up",
        migrationsTable: "schema_migrations",
        advisoryLockMode: "wait",
        log: () => {},
      });
    });
  }
}

async function withClient(url: string, act: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectWithinMs,
    query_timeout: creatingWithinMs,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    await act(client);
  } finally {
    // Ends its advisory lock with it.
    await client.end().catch(() => {});
  }
}
