import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../../common/errors.ts";
import { until } from "../../../../common/until.ts";
import { log } from "../../../service-kit/log.ts";
import type { ServiceMetrics } from "../../../service-kit/metrics.ts";
import type { RedisLink } from "../../../service-kit/redis-link.ts";
import type { JobLease } from "../../presale/job-lease.ts";
import type { Presales } from "../../presale/presales.ts";
import { presaleKeys, presaleNames } from "../../presale/redis-names.ts";
import type { Booking } from "./booking.ts";
import type { BookingStore } from "./booking-store.ts";
import type { Payments } from "./payments.ts";
import type { Saga } from "./saga.ts";

const everyMs = 500;
/** Who recorded a booking drives it for longer than a charge may take; then it is anybody's. */
const anybodysAfterMs = 2500;
/** Bookings at a time: a provider that has just come back is not asked by all at once. */
const atOnce = 16;
const page = 200;

const leaseOf = (event: string) => presaleKeys(event).lease("bookings");

interface WorkerOptions {
  store: BookingStore;
  saga: Saga;
  payments: Payments;
  redis: Pick<RedisLink, "call">;
  presales: Presales;
  lease: JobLease;
  metrics: ServiceMetrics;
  nowUs(): number;
  /** A booking that is pending for longer is called off. */
  giveUpAfterMs: number;
}

/** Drives on what nobody else does: bookings whose payment was slow, or whose box office was killed. */
export class BookingWorker {
  readonly #options: WorkerOptions;
  readonly #closing = new AbortController();
  /** Of the events whose lease is ours. */
  readonly #pending = new Map<string, number>();
  #ended: Promise<void> | undefined;
  #saidWaiting = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    options.metrics.gauge("pending_bookings", "Bookings under way, as who drives them counts", (gauge) =>
      gauge.set([...this.#pending.values()].reduce((sum, count) => sum + count, 0)),
    );
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
    // Another worker need not wait until this one counts as silent.
    const letGo = [...this.#pending.keys()].map((event) => this.#options.lease.letGo(leaseOf(event)));
    await Promise.allSettled(letGo);
  }

  /** Waits until no booking is under way any more, and drives on what is. */
  async quiesce(withinMs: number): Promise<void> {
    const { store, saga, nowUs } = this.#options;
    let left = 0;
    await until(
      async () => {
        left = saga.underWay;
        for (const event of await this.#events()) {
          await this.#driveOn(event, nowUs());
          left += await this.#settle(event, Number.POSITIVE_INFINITY);
          left += await store.countPending(event);
        }
        return left === 0;
      },
      {
        withinMs,
        code: "STILL_UNDER_WAY",
        orElse: () => `${left} bookings are still under way after ${withinMs} ms`,
      },
    );
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#round();
        this.#saidWaiting = false;
      } catch (error) {
        if (!this.#saidWaiting) log("bookings that are under way wait", { reason: messageOf(error) });
        this.#saidWaiting = true;
      }
      // After the round: what was asked before is answered sooner by a slow provider than what is new.
      await this.#options.payments.probe();
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async #round(): Promise<void> {
    const { store, lease, nowUs } = this.#options;
    await this.#tellCondition();
    for (const event of await this.#events()) {
      if (!(await lease.keep(leaseOf(event)))) {
        this.#pending.delete(event);
        continue;
      }
      await this.#driveOn(event, nowUs() - anybodysAfterMs * 1000);
      await this.#settle(event, nowUs());
      this.#pending.set(event, await store.countPending(event));
    }
  }

  /** Of which presales there is something to do: also of those that a Redis has forgotten, whose money has to go back. */
  async #events(): Promise<Set<string>> {
    const { store, presales } = this.#options;
    return new Set([
      ...[...presales.all()].map(({ script }) => script.event),
      ...(await store.pendingEvents()),
    ]);
  }

  /** Whoever lets buyers in may go slower while they cannot pay. */
  async #tellCondition(): Promise<void> {
    const { payments, redis } = this.#options;
    const { condition } = payments;
    if (condition === "well") return;
    await redis.call("payments", (client) =>
      client.set(presaleNames.payments, condition, { expiration: { type: "PX", value: 4 * everyMs } }),
    );
  }

  async #driveOn(event: string, beforeUs: number): Promise<void> {
    const { store, saga, nowUs, giveUpAfterMs } = this.#options;
    const drive = (booking: Booking) =>
      nowUs() - booking.createdAtUs > giveUpAfterMs * 1000
        ? saga.giveUp(booking, { probes: true })
        : saga.drive(booking, { probes: true });
    const waiting = await store.pending(event, beforeUs, page);
    const next = async (): Promise<void> => {
      for (let booking = waiting.shift(); booking; booking = waiting.shift()) await drive(booking);
    };
    await Promise.all(Array.from({ length: atOnce }, next));
  }

  /**
   * Between a row's end and its seats somebody may have been killed: a hold that is being paid for longer than anybody keeps it.
   * @returns how many holds were being paid, of those due before an instant
   */
  async #settle(event: string, dueUs: number): Promise<number> {
    const { redis, store, saga } = this.#options;
    const keys = presaleKeys(event);
    const due = Number.isFinite(dueUs) ? dueUs : "+inf";
    const bookings = await redis.call("holds_due", async (client) => {
      const holds = await client.zRange(keys.holds, "-inf", due, { BY: "SCORE" });
      const records = await Promise.all(
        holds.map((hold) => client.hmGet(keys.hold(hold), ["state", "booking"])),
      );
      return records.flatMap(([state, booking]) => (state === "paying" && booking ? [booking] : []));
    });
    if (bookings.length === 0) return 0;
    for (const booking of await store.findAll(event, bookings)) {
      if (booking.state !== "pending") await saga.settle(booking);
    }
    return bookings.length;
  }
}
