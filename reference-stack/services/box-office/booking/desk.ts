import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../../common/errors.ts";
import type { DefectId } from "../../../../common/presale.ts";
import { log } from "../../../service-kit/log.ts";
import type { OpenSpan, Tracing } from "../../../service-kit/tracing.ts";
import type { KnownPresale } from "../../presale/presales.ts";
import { RedisAway } from "../../presale/redis-away.ts";
import { seatOf } from "../../presale/seat-of.ts";
import type { ExtendAnswer, Holds } from "../holds.ts";
import { Refusal } from "../office.ts";
import { type Booking, bookingId } from "./booking.ts";
import type { BookingStore } from "./booking-store.ts";
import { keepMs, type Saga } from "./saga.ts";

/** A buyer is told after so long that it is still under way (a payment that takes longer counts as slow). */
const answerWithinMs = 2000;

export interface Wish {
  presale: KnownPresale;
  buyer: string;
  key: string;
  hold: string;
  card: string;
  /** The admission is over: only what was begun before is answered. */
  late: boolean;
}

interface DeskOptions {
  store: BookingStore;
  holds: Pick<Holds, "extend">;
  saga: Saga;
  tracing: Tracing;
  secret: string;
  nowUs(): number;
  defect?: DefectId | undefined;
}

/** Where buyers book, and ask what became of it. */
export class Desk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** The booking as it stands after `answerWithinMs` at the latest, once it is recorded. @throws Refusal, RedisAway */
  async book(wish: Wish, span?: OpenSpan): Promise<Booking> {
    const recorded = await this.#recorded(wish, span);
    if (recorded.hold !== wish.hold || recorded.card !== wish.card) {
      throw new Refusal(422, "KEY_REUSED", "this Idempotency-Key came with another booking before");
    }
    if (recorded.state !== "pending") return recorded;
    const driven = this.#options.saga.drive(recorded, { span }).catch((error) => {
      log("a booking waits for the worker", { booking: recorded.booking, reason: messageOf(error) });
      return recorded;
    });
    const timeUp = new AbortController();
    const late = delay(answerWithinMs, recorded, { signal: timeUp.signal }).catch(() => recorded);
    const standing = await Promise.race([driven, late]);
    timeUp.abort();
    return this.#asConfirmed(standing);
  }

  /**
   * What became of a booking. What has come to an end does not change any more, so that the replica knows it for good; all else
   * the primary knows. `stale`: it is away, and this is what was known a while ago.
   */
  async look(event: string, id: string, confirm: boolean): Promise<{ booking?: Booking; stale: boolean }> {
    const { store } = this.#options;
    if (!confirm) {
      const known = await store.find(event, id, "replica").catch(() => undefined);
      if (known && known.state !== "pending") return { booking: known, stale: false };
    }
    try {
      return found(await store.find(event, id, this.#confirmsFrom), false);
    } catch (error) {
      return found(await this.#orRefuse(store.find(event, id, "replica"), error), true);
    }
  }

  /** Of one buyer: from the replica, as late as it is. */
  async list(event: string, buyer: string): Promise<Booking[]> {
    const { store } = this.#options;
    return store
      .ofBuyer(event, buyer, "replica")
      .catch((error) => this.#orRefuse(store.ofBuyer(event, buyer, "primary"), error));
  }

  /** The planted bug: whoever has just paid asks a copy that may not know it yet. */
  get #confirmsFrom(): "primary" | "replica" {
    return this.#options.defect === "stale-confirm" ? "replica" : "primary";
  }

  async #asConfirmed(booking: Booking): Promise<Booking> {
    if (this.#confirmsFrom === "primary") return booking;
    const copy = await this.#options.store.find(booking.event, booking.booking, this.#confirmsFrom);
    return copy ?? { ...booking, state: "pending" };
  }

  /** The booking's row, before any money moves. */
  async #recorded(wish: Wish, span?: OpenSpan): Promise<Booking> {
    const { store, tracing, nowUs } = this.#options;
    const { presale, buyer, key, hold, card } = wish;
    const { event } = presale.script;
    const booking = bookingId(this.#options.secret, { event, buyer, key });
    const held = wish.late ? undefined : await this.#held(wish, span);
    if (!held || held instanceof RedisAway || held.outcome !== "extended") {
      // What it is about is over, or cannot be asked: what was begun before is answered all the same.
      const known = await this.#orRefuse(store.find(event, booking));
      if (known) return known;
      throw held instanceof RedisAway ? held : refusalOf(held?.outcome);
    }
    const { seats } = held;
    const atUs = nowUs();
    const recorded = await this.#orRefuse(
      tracing.during(span, "postgres record", () =>
        store.record({
          ...{ booking, event, buyer, key, hold, seats, card },
          ...{ amountCents: priceOf(presale, seats), state: "pending", givingUp: false },
          ...{ createdAtUs: atUs, changedAtUs: atUs },
        }),
      ),
    );
    if (!recorded) throw refusalOf("paying");
    return recorded.booking;
  }

  /** Keeps the hold open for long enough, also for a buyer who has to come again since the primary is away. */
  #held({ presale, hold, buyer }: Wish, span?: OpenSpan): Promise<ExtendAnswer | RedisAway> {
    const { holds, tracing, nowUs } = this.#options;
    const { event } = presale.script;
    const untilUs = nowUs() + keepMs * 1000;
    return tracing
      .during(span, "redis extend", () => holds.extend({ event, hold, buyer, untilUs }))
      .catch((error) => {
        if (error instanceof RedisAway) return error;
        throw error;
      });
  }

  async #orRefuse<T>(asked: Promise<T>, cause?: unknown): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      log("bookings cannot be reached", { reason: messageOf(cause ?? error) });
      throw new Refusal(503, "BOOKINGS_AWAY", "bookings cannot be recorded or read at the moment; ask again");
    }
  }
}

const found = (booking: Booking | undefined, stale: boolean) => ({ ...(booking && { booking }), stale });

const priceOf = ({ sections }: KnownPresale, seats: string[]): number =>
  seats.reduce((sum, seat) => sum + seatOf(sections, seat)!.section.priceCents, 0);

/** @param outcome of a hold that cannot be paid for; `undefined`: nobody has asked, since the admission is over */
function refusalOf(outcome: ExtendAnswer["outcome"] | undefined): Refusal {
  switch (outcome) {
    case undefined:
      return new Refusal(403, "ADMISSION_EXPIRED", "the time in the box office is over");
    case "paying":
    case "sold":
      return new Refusal(409, "HOLD_IN_PAYMENT", "another booking has this hold");
    case "not-yours":
      return new Refusal(404, "HOLD_UNKNOWN", "there is no such hold of this buyer");
    default:
      return new Refusal(409, "HOLD_EXPIRED", "these seats are not held any more");
  }
}
