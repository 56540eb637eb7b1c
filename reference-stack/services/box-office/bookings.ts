import type { FastifyInstance } from "fastify";
import { messageOf } from "../../../common/errors.ts";
import type { DefectId } from "../../../common/presale.ts";
import { Backoff } from "../../service-kit/backoff.ts";
import { count, url } from "../../service-kit/config.ts";
import { log } from "../../service-kit/log.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import { within } from "../../service-kit/within.ts";
import { JobLease } from "../presale/job-lease.ts";
import { BookingStore } from "./booking/booking-store.ts";
import { Desk } from "./booking/desk.ts";
import { bookingOrders } from "./booking/orders.ts";
import { Payments } from "./booking/payments.ts";
import { ReplicaWatch } from "./booking/replica-lag.ts";
import { bookingRoutes } from "./booking/routes.ts";
import { Saga } from "./booking/saga.ts";
import { BookingWorker } from "./booking/worker.ts";
import type { BoxOffice } from "./office.ts";

/** As long as a charge may take. */
const stopWithinMs = 2000;

/** What a box office is told about bookings. */
export const bookingsShape = {
  POSTGRES_URL: url("postgres", "postgresql"),
  REPLICA_URL: url("postgres", "postgresql"),
  PAYMENTS_URL: url("http", "https"),
  /** A booking whose payment stays unknown for so long is called off. */
  GIVE_UP_MS: count(300_000),
};

export interface BookingsOptions {
  config: {
    POSTGRES_URL: string;
    REPLICA_URL: string;
    PAYMENTS_URL: string;
    CONTROL_TOKEN: string;
    GIVE_UP_MS: number;
    TICKET_SECRET: string;
  };
  name: string;
  office: BoxOffice;
  redis: RedisLink;
  defect?: DefectId | undefined;
}

/** The part of a box office that takes money: begins when PostgreSQL is there, for as long as that takes. */
export class Bookings {
  readonly #store: BookingStore;
  readonly #worker: BookingWorker;
  readonly #desk: Desk;
  readonly #office: BoxOffice;
  readonly #saga: Saga;
  readonly #replica: ReplicaWatch;
  readonly #payments: Payments;
  readonly #closing = new AbortController();
  readonly #begun: Promise<void>;
  #ready = false;

  constructor({ config, name, office, redis, defect }: BookingsOptions) {
    const { metrics, tracing, holds, presales, nowUs } = office;
    const store = new BookingStore({ primary: config.POSTGRES_URL, replica: config.REPLICA_URL }, metrics);
    const payments = new Payments({
      url: config.PAYMENTS_URL,
      token: config.CONTROL_TOKEN,
      metrics,
      tracing,
      defect,
    });
    const saga = new Saga({ store, holds, payments, metrics, tracing, nowUs });
    this.#office = office;
    this.#store = store;
    this.#saga = saga;
    this.#payments = payments;
    this.#desk = new Desk({ store, holds, saga, tracing, secret: config.TICKET_SECRET, nowUs, defect });
    this.#worker = new BookingWorker({
      ...{ store, saga, payments, redis, presales, metrics, nowUs },
      lease: new JobLease(redis, name),
      giveUpAfterMs: config.GIVE_UP_MS,
    });
    this.#begun = this.#begin();
    this.#replica = new ReplicaWatch(store, metrics);
  }

  get health() {
    return {
      /** Tables were there; a dependency that goes away later is no reason to be asked less. */
      ready: this.#ready,
      postgres: this.#store.isUp("primary") ? "up" : "down",
      replica: this.#store.isUp("replica") ? "up" : "down",
      payments: this.#payments.condition,
    };
  }

  routes(api: FastifyInstance): void {
    bookingRoutes(api, { office: this.#office, desk: this.#desk });
  }

  orders(api: FastifyInstance): void {
    bookingOrders(api, { worker: this.#worker, store: this.#store });
  }

  /** What is under way here is waited for as long as a charge may take; the rest is another's to drive on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#begun;
    await Promise.all([this.#worker.close(), this.#replica.close()]);
    await within(this.#saga.idle(), stopWithinMs, "bookings are still under way").catch(() => {});
    await this.#store.close();
  }

  async #begin(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff({ firstMs: 50, mostMs: 500 });
    let said = false;
    while (!signal.aborted) {
      try {
        await this.#store.create();
        this.#worker.start();
        this.#ready = true;
        return;
      } catch (error) {
        if (!said) log("waiting for postgres", { reason: messageOf(error) });
        said = true;
        await backoff.wait(signal);
      }
    }
  }
}
