import { messageOf } from "../../../../common/errors.ts";
import { log } from "../../../service-kit/log.ts";
import type { ServiceMetrics } from "../../../service-kit/metrics.ts";
import type { Tracing } from "../../../service-kit/tracing.ts";
import type { Holds } from "../holds.ts";
import type { Booking } from "./booking.ts";
import type { BookingStore, EndState } from "./booking-store.ts";
import type { Drive, Payments } from "./payments.ts";

/** For so long from each look at it a pending booking keeps its seats: many times what lies between two looks. */
export const keepMs = 15_000;

interface SagaOptions {
  store: Pick<BookingStore, "find" | "end" | "giveUp">;
  holds: Pick<Holds, "extend" | "sell" | "release">;
  payments: Pick<Payments, "charge" | "cancel">;
  metrics: ServiceMetrics;
  tracing: Tracing;
  nowUs(): number;
}

/**
 * Hold → charge → confirm → sold; or back: charge cancelled, seats free again. Each step may be done twice, by anybody, and
 * ends in the same: who was killed between two of them is followed by another who begins where the row says. No lock is
 * held in any database meanwhile; the row decides who was first.
 */
export class Saga {
  readonly #options: SagaOptions;
  readonly #steps;
  readonly #ends;
  readonly #underWay = new Map<string, Promise<Booking>>();

  constructor(options: SagaOptions) {
    this.#options = options;
    const { metrics } = options;
    this.#steps = metrics.counter("saga_steps_total", "Steps of bookings, by what came of them", [
      "step",
      "outcome",
    ]);
    this.#ends = metrics.counter("bookings_total", "Bookings that have come to an end, by how", ["state"]);
    metrics.gauge("sagas_under_way", "Bookings that this box office is driving on", (gauge) =>
      gauge.set(this.underWay),
    );
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Resolves when all that is under way now has come as far as it gets. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
  }

  /**
   * Drives a booking as far as it goes now; whoever asks for it meanwhile shares the one drive.
   * @returns it as it stands then: `pending` when somebody has to come again
   */
  drive(booking: Booking, drive: Drive = {}): Promise<Booking> {
    const known = this.#underWay.get(booking.booking);
    if (known) return known;
    const driven = this.#drive(booking, drive).finally(() => this.#underWay.delete(booking.booking));
    this.#underWay.set(booking.booking, driven);
    return driven;
  }

  /** Calls a pending booking off: money back, seats free. */
  async giveUp(booking: Booking, drive: Drive = {}): Promise<Booking> {
    return booking.state === "pending" ? this.#callOff(booking, drive) : this.#asItStands(booking);
  }

  /** Of a confirmed one only when its seats turned out to be lost. */
  async #callOff(booking: Booking, drive: Drive = {}): Promise<Booking> {
    const { store, payments, tracing } = this.#options;
    const given = await tracing.during(drive.span, "postgres give-up", () => store.giveUp(booking));
    if (!given) return this.#asItStands(booking);
    const cancelled = await payments.cancel(given, drive);
    this.#step("cancel", cancelled);
    if (cancelled === "unknown") return given;
    const ended = await this.#end(given, cancelled === "returned" ? "refunded" : "failed", drive);
    if (ended) await this.settle(ended, drive);
    return ended ?? this.#asItStands(booking);
  }

  /** Brings the seats to what the row says. A Redis that is away is no reason to tell a buyer anything else. */
  async settle(booking: Booking, drive: Drive = {}): Promise<Booking> {
    const { holds, tracing } = this.#options;
    const { event, hold, buyer, booking: id } = booking;
    try {
      if (booking.state !== "confirmed") {
        const { outcome } = await tracing.during(drive.span, "redis release", () =>
          holds.release({ event, hold, buyer, booking: id }),
        );
        this.#step("release", outcome);
        return booking;
      }
      const { outcome } = await tracing.during(drive.span, "redis sell", () =>
        holds.sell({ event, hold, booking: id }),
      );
      this.#step("sell", outcome);
      if (outcome === "sold") return booking;
    } catch (error) {
      this.#step(booking.state === "confirmed" ? "sell" : "release", "error");
      log("seats do not know yet what became of a booking", { booking: id, reason: messageOf(error) });
      return booking;
    }
    // Its seats are lost (a Redis that forgot): nobody keeps money for them.
    return this.#callOff(booking, drive);
  }

  async #drive(booking: Booking, drive: Drive = {}): Promise<Booking> {
    const { holds, payments, tracing, nowUs } = this.#options;
    if (booking.state !== "pending") return booking;
    if (booking.givingUp) return this.giveUp(booking, drive);
    const { event, hold, buyer, booking: id } = booking;
    const held = await tracing.during(drive.span, "redis extend", () =>
      holds.extend({ event, hold, buyer, booking: id, untilUs: nowUs() + keepMs * 1000 }),
    );
    this.#step("hold", held.outcome);
    const isOurs = held.outcome === "extended" || (held.outcome === "sold" && held.booking === id);
    if (!isOurs) return this.giveUp(booking, drive);
    const charged = await payments.charge(booking, drive);
    this.#step("charge", charged.outcome);
    if (charged.outcome === "unknown") return booking;
    if (charged.outcome === "cancelled") return this.giveUp(booking, drive);
    const { charge } = charged;
    const state = charged.outcome === "taken" ? "confirmed" : "declined";
    const ended = await this.#end(booking, state, drive, charge);
    return ended ? this.settle(ended, drive) : this.#asItStands(booking);
  }

  async #end(booking: Booking, state: EndState, drive: Drive, charge?: string): Promise<Booking | undefined> {
    const { store, tracing } = this.#options;
    const ended = await tracing.during(drive.span, `postgres ${state}`, () =>
      store.end(booking, state, charge),
    );
    this.#step("end", ended ? state : "was elsewhere");
    if (ended) this.#ends.inc({ state });
    return ended;
  }

  /** Somebody else was first: what they made of it counts. */
  async #asItStands(booking: Booking): Promise<Booking> {
    return (await this.#options.store.find(booking.event, booking.booking)) ?? booking;
  }

  #step(step: string, outcome: string): void {
    this.#steps.inc({ step, outcome });
  }
}
