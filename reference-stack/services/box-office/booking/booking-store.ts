import type pg from "pg";
import { nowUs } from "../../../../common/clock.ts";
import type { ServiceMetrics } from "../../../service-kit/metrics.ts";
import type { Booking, BookingState } from "./booking.ts";
import { createShards, newPool, shardCount, shardOf, shardUrl } from "./shards.ts";

interface BookingRow {
  booking: string;
  event: string;
  buyer: string;
  key: string;
  hold: string;
  seats: string[];
  amount_cents: string;
  card: string;
  state: BookingState;
  giving_up: boolean;
  charge: string | null;
  created_at_us: string;
  changed_at_us: string;
}

const columns =
  "booking, event, buyer, key, hold, seats, amount_cents, card, state, giving_up, charge, created_at_us, changed_at_us";

const bookingOf = ({
  amount_cents,
  giving_up,
  charge,
  created_at_us,
  changed_at_us,
  ...row
}: BookingRow): Booking => ({
  ...row,
  amountCents: Number(amount_cents),
  givingUp: giving_up,
  createdAtUs: Number(created_at_us),
  changedAtUs: Number(changed_at_us),
  ...(charge === null ? {} : { charge }),
});

const primaryUs = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

export type EndState = Exclude<BookingState, "pending">;

/** Who gives up and who confirms exclude each other. */
const wasGivingUp: Record<EndState, boolean> = {
  confirmed: false,
  declined: false,
  failed: true,
  refunded: true,
};

type Side = "primary" | "replica";

export const sides = { primary: "postgres", replica: "replica" } as const;

/** The bookings, by shard, each with its primary and its replica. Every call fails within its deadline, and may be made again. */
export class BookingStore {
  readonly #primaryUrl: string;
  readonly #metrics: ServiceMetrics;
  readonly #pools: Record<Side, pg.Pool[]>;
  readonly #up: Record<Side, boolean> = { primary: false, replica: false };

  constructor(urls: Record<Side, string>, metrics: ServiceMetrics) {
    this.#primaryUrl = urls.primary;
    this.#metrics = metrics;
    const pools = (server: string, max: number) =>
      Array.from({ length: shardCount }, (_, shard) => newPool(shardUrl(server, shard), max));
    this.#pools = { primary: pools(urls.primary, 6), replica: pools(urls.replica, 3) };
    for (const side of ["primary", "replica"] as const) {
      metrics.gauge(`${sides[side]}_up`, `1 while the last call to the ${side} was answered`, (gauge) =>
        gauge.set(this.#up[side] ? 1 : 0),
      );
    }
  }

  /** Whether the last call was answered. */
  isUp(side: Side): boolean {
    return this.#up[side];
  }

  async create(): Promise<void> {
    await this.#call("primary", "create", () => createShards(this.#primaryUrl));
  }

  /** @returns the booking as it stands: also one that was recorded before; `undefined`: another booking has its hold */
  async record(booking: Booking): Promise<{ booking: Booking; isNew: boolean } | undefined> {
    const { event, seats, amountCents, card } = booking;
    const rows = await this.#query(
      "primary",
      "record",
      event,
      `INSERT INTO bookings (booking, event, buyer, key, hold, seats, amount_cents, card, state, created_at_us, changed_at_us)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10) ON CONFLICT DO NOTHING RETURNING ${columns}`,
      [
        ...[booking.booking, event, booking.buyer, booking.key, booking.hold],
        ...[seats, amountCents, card, booking.createdAtUs, booking.changedAtUs],
      ],
    );
    if (rows[0]) return { booking: rows[0], isNew: true };
    const known = await this.find(event, booking.booking);
    return known && { booking: known, isNew: false };
  }

  async find(event: string, booking: string, side: Side = "primary"): Promise<Booking | undefined> {
    const [row] = await this.#query(
      side,
      "find",
      event,
      `SELECT ${columns} FROM bookings WHERE booking = $1 AND event = $2`,
      [booking, event],
    );
    return row;
  }

  async findAll(event: string, bookings: string[]): Promise<Booking[]> {
    return this.#query(
      "primary",
      "find_all",
      event,
      `SELECT ${columns} FROM bookings WHERE event = $1 AND booking = ANY($2)`,
      [event, bookings],
    );
  }

  async ofBuyer(event: string, buyer: string, side: Side): Promise<Booking[]> {
    return this.#query(
      side,
      "of_buyer",
      event,
      `SELECT ${columns} FROM bookings WHERE event = $1 AND buyer = $2 ORDER BY created_at_us LIMIT 100`,
      [event, buyer],
    );
  }

  /**
   * Ends a booking, at an instant by the primary's clock: one that is sent may be long on its way, and counts as pending till then.
   * @returns `undefined` when it does not stand where it would have to
   */
  async end(booking: Booking, state: EndState, charge?: string): Promise<Booking | undefined> {
    const [row] = await this.#query(
      "primary",
      state,
      booking.event,
      `UPDATE bookings SET state = $3, charge = coalesce($4, charge), changed_at_us = ${primaryUs}
       WHERE event = $1 AND booking = $2 AND state = 'pending' AND giving_up = $5 RETURNING ${columns}`,
      [booking.event, booking.booking, state, charge ?? null, wasGivingUp[state]],
    );
    return row;
  }

  /** From here on nobody confirms it; @returns `undefined` when it does not stand any more as it was given */
  async giveUp(booking: Booking): Promise<Booking | undefined> {
    const [row] = await this.#query(
      "primary",
      "give_up",
      booking.event,
      `UPDATE bookings SET state = 'pending', giving_up = true, changed_at_us = $3
       WHERE event = $1 AND booking = $2 AND state = $4 RETURNING ${columns}`,
      [booking.event, booking.booking, nowUs(), booking.state],
    );
    return row;
  }

  /** Pending bookings that were recorded before an instant, the oldest first. */
  async pending(event: string, beforeUs: number, limit: number): Promise<Booking[]> {
    return this.#query(
      "primary",
      "pending",
      event,
      `SELECT ${columns} FROM bookings WHERE event = $1 AND state = 'pending' AND changed_at_us <= $2
       ORDER BY changed_at_us LIMIT $3`,
      [event, beforeUs, limit],
    );
  }

  /** Events that have pending bookings, of all shards. */
  async pendingEvents(): Promise<string[]> {
    const sql = "SELECT DISTINCT event FROM bookings WHERE state = 'pending'";
    const shards = Array.from({ length: shardCount }, (_, shard) =>
      this.#rows<{ event: string }>("primary", "pending_events", shard, sql, []),
    );
    return (await Promise.all(shards)).flat().map(({ event }) => event);
  }

  async countPending(event: string): Promise<number> {
    const sql = "SELECT count(*) AS count FROM bookings WHERE event = $1 AND state = 'pending'";
    const [row] = await this.#rows<{ count: string }>("primary", "count_pending", shardOf(event), sql, [
      event,
    ]);
    return Number(row!.count);
  }

  /** All bookings of all shards, page by page. */
  async *all(): AsyncGenerator<{ shard: number; booking: Booking }> {
    for (let shard = 0; shard < shardCount; shard++) {
      for (let last = ""; ; ) {
        const sql = `SELECT ${columns} FROM bookings WHERE booking > $1 ORDER BY booking LIMIT 2000`;
        const rows = await this.#rows<BookingRow>("primary", "all", shard, sql, [last]);
        if (rows.length === 0) break;
        for (const row of rows) yield { shard, booking: bookingOf(row) };
        last = rows.at(-1)!.booking;
      }
    }
  }

  /** Asks the server behind the first shard about itself. */
  async ask<Row extends pg.QueryResultRow>(side: Side, call: string, sql: string, values: unknown[] = []) {
    const [row] = await this.#rows<Row>(side, call, 0, sql, values);
    return row!;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.primary, ...this.#pools.replica].map((pool) => pool.end()));
  }

  async #query(side: Side, call: string, event: string, sql: string, values: unknown[]): Promise<Booking[]> {
    return (await this.#rows<BookingRow>(side, call, shardOf(event), sql, values)).map(bookingOf);
  }

  #rows<Row extends pg.QueryResultRow>(
    side: Side,
    call: string,
    shard: number,
    sql: string,
    values: unknown[],
  ): Promise<Row[]> {
    return this.#call(side, call, async () => (await this.#pools[side][shard]!.query<Row>(sql, values)).rows);
  }

  async #call<T>(side: Side, call: string, act: () => Promise<T>): Promise<T> {
    try {
      const answer = await this.#metrics.timed(sides[side], call, act);
      this.#up[side] = true;
      return answer;
    } catch (error) {
      this.#up[side] = false;
      throw error;
    }
  }
}
