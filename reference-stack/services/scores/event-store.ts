import { join } from "node:path";
import { runner } from "node-pg-migrate";
import pg from "pg";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import type { Standing, TakenEvent } from "./intake.ts";

interface EventRow {
  stream: string;
  seq: string;
  class: TakenEvent["class"];
  source: string;
  version: string;
  source_at_us: string;
  published_at_us: string;
  feed_n: string;
  event: unknown;
}

const columns = "stream, seq, class, source, version, source_at_us, published_at_us, feed_n, event";

const taken = (row: EventRow): TakenEvent => ({
  stream: row.stream,
  seq: Number(row.seq),
  class: row.class,
  sourceAtUs: Number(row.source_at_us),
  publishedAtUs: Number(row.published_at_us),
  event: row.event,
  feedN: Number(row.feed_n),
  source: row.source,
  version: Number(row.version),
});

/** The events table. Every call fails within two seconds when PostgreSQL does not answer, and may be made again. */
export class EventStore {
  readonly #pool: pg.Pool;
  readonly #metrics: ServiceMetrics;
  up = false;

  constructor(url: string, metrics: ServiceMetrics) {
    this.#metrics = metrics;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 3,
      connectionTimeoutMillis: 1000,
      query_timeout: 2000,
      statement_timeout: 2000,
      keepAlive: true,
    });
    // An idle connection that breaks: the pool makes another for the next call.
    this.#pool.on("error", () => {
      this.up = false;
    });
    metrics.gauge("postgres_up", "1 while the last call to PostgreSQL was answered", (gauge) =>
      gauge.set(this.up ? 1 : 0),
    );
  }

  async migrate(): Promise<void> {
    await this.#call("migrate", async () => {
      const client = await this.#pool.connect();
      try {
        await runner({
          dbClient: client,
          dir: join(import.meta.dirname, "..", "..", "migrations"),
          direction: "up",
          migrationsTable: "schema_migrations",
          advisoryLockMode: "wait",
          log: () => {},
        });
        client.release();
      } catch (error) {
        client.release(true);
        throw error;
      }
    });
  }

  async addStreams(streams: string[]): Promise<void> {
    await this.#query(
      "add_streams",
      "INSERT INTO streams (stream) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
      [streams],
    );
  }

  async streams(): Promise<string[]> {
    const rows = await this.#query<{ stream: string }>(
      "streams",
      "SELECT stream FROM streams ORDER BY stream",
      [],
    );
    return rows.map(({ stream }) => stream);
  }

  /** Adds events that may be there already: after a lost answer nobody knows. */
  async append(events: TakenEvent[]): Promise<void> {
    const column = (of: (event: TakenEvent) => unknown) => events.map(of);
    await this.#query(
      "append",
      `INSERT INTO events (${columns})
       SELECT a, b, c, d, e, f, g, h, i::jsonb
       FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
                   $8::bigint[], $9::text[]) AS rows (a, b, c, d, e, f, g, h, i)
       ON CONFLICT DO NOTHING`,
      [
        column(({ stream }) => stream),
        column(({ seq }) => seq),
        column((event) => event.class),
        column(({ source }) => source),
        column(({ version }) => version),
        column(({ sourceAtUs }) => sourceAtUs),
        column(({ publishedAtUs }) => publishedAtUs),
        column(({ feedN }) => feedN),
        column(({ event }) => JSON.stringify(event)),
      ],
    );
  }

  /** Events of a stream after `seq`, in order, at most `limit`. */
  async after(stream: string, seq: number, limit: number): Promise<TakenEvent[]> {
    const rows = await this.#query<EventRow>(
      "after",
      `SELECT ${columns} FROM events WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [stream, seq, limit],
    );
    return rows.map(taken);
  }

  /** All events in the order of their intake, page by page: the ledger of an earlier life. */
  async *all(): AsyncGenerator<TakenEvent> {
    for (let last = 0; ; ) {
      const rows = await this.#query<EventRow>(
        "all",
        `SELECT ${columns} FROM events WHERE feed_n > $1 ORDER BY feed_n LIMIT 5000`,
        [last],
      );
      if (rows.length === 0) return;
      for (const row of rows) yield taken(row);
      last = Number(rows.at(-1)!.feed_n);
    }
  }

  async standing(): Promise<Standing> {
    const rows = await this.#query<{ stream: string; seq: string; feed_n: string }>(
      "standing",
      "SELECT stream, max(seq) AS seq, max(feed_n) AS feed_n FROM events GROUP BY stream",
      [],
    );
    return {
      feedN: Math.max(0, ...rows.map((row) => Number(row.feed_n))),
      seqs: new Map(rows.map((row) => [row.stream, Number(row.seq)])),
    };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #query<Row extends pg.QueryResultRow>(call: string, text: string, values: unknown[]): Promise<Row[]> {
    const { rows } = await this.#call(call, () => this.#pool.query<Row>(text, values));
    return rows;
  }

  async #call<T>(call: string, act: () => Promise<T>): Promise<T> {
    try {
      const answer = await this.#metrics.timed("postgres", call, act);
      this.up = true;
      return answer;
    } catch (error) {
      this.up = false;
      throw error;
    }
  }
}
