import { Gauge } from "prom-client";
import { log } from "../../service-kit/log.ts";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import type { KnownPresale } from "../presale/presales.ts";
import { askRedis } from "../presale/redis-away.ts";
import { readCounts } from "./availability.ts";

/** Seats that are looked at in one turn: a venue of 50,000 is gone through in 25 s, at a millisecond of Redis each turn. */
const seatsATurn = 2000;
/** Names in one line of the log. */
const named = 20;

const stateNames = ["free", "held", "sold", "holds"] as const;
type State = (typeof stateNames)[number];

interface Sweep {
  presale: KnownPresale;
  cursor: string;
  /** Seats that were found lost in this sweep, and in the one before. */
  lost: Map<string, string>;
  before: Map<string, string>;
}

/**
 * Watches over the states of seats: counts them at one instant, and looks at each held seat in turn for whether its hold
 * will ever end. A seat that is neither free, nor held by a hold with a deadline, nor sold is nobody's, and is told.
 */
export class Survey {
  readonly #redis: Pick<RedisLink, "call">;
  readonly #states: Gauge<"event" | "state">;
  readonly #indeterminate: Gauge<"event">;
  readonly #sweeps = new Map<string, Sweep>();

  constructor(redis: Pick<RedisLink, "call">, metrics: ServiceMetrics) {
    this.#redis = redis;
    const registers = [metrics.registry];
    this.#states = new Gauge({
      name: "matchday_seats",
      help: "Seats by state: free, held, sold; and holds that are open or being paid",
      labelNames: ["event", "state"],
      registers,
    });
    this.#indeterminate = new Gauge({
      name: "matchday_seats_indeterminate",
      help: "Seats that are neither free, nor held by a hold that will end, nor sold",
      labelNames: ["event"],
      registers,
    });
  }

  /** One turn. @returns how many seats of this presale are known to be nobody's */
  async look(presale: KnownPresale): Promise<number> {
    const { event } = presale.script;
    const counts = await readCounts(this.#redis, presale, [...presale.sections.keys()]);
    const { held, sold, holds } = counts;
    const free = [...counts.free.values()].reduce((sum, count) => sum + count, 0);
    const states: Record<State, number> = { free, held, sold, holds };
    for (const state of stateNames) this.#states.set({ event, state }, states[state]);
    // Less than all: some are nowhere; more: some are in both places.
    const astray = Math.abs(presale.seats - free - held - sold);
    const sweep = this.#sweepOf(presale);
    await this.#turn(sweep);
    const lost = new Set([...sweep.lost.keys(), ...sweep.before.keys()]).size;
    this.#indeterminate.set({ event }, astray + lost);
    return astray + lost;
  }

  /** Another worker looks after it now: two who tell of the same would be added up. */
  forget(event: string): void {
    this.#sweeps.delete(event);
    for (const state of stateNames) this.#states.remove({ event, state });
    this.#indeterminate.remove({ event });
  }

  #sweepOf(presale: KnownPresale): Sweep {
    const { event } = presale.script;
    let sweep = this.#sweeps.get(event);
    if (sweep?.presale !== presale) {
      sweep = { presale, cursor: "0", lost: new Map(), before: new Map() };
      this.#sweeps.set(event, sweep);
    }
    return sweep;
  }

  async #turn(sweep: Sweep): Promise<void> {
    const { keys } = sweep.presale;
    const page = await askRedis(this.#redis, "hscan", (client) =>
      client.hScan(keys.seats, sweep.cursor, { COUNT: seatsATurn }),
    );
    const held = page.entries.filter(({ value }) => value.startsWith("held:"));
    const suspects = await this.#withoutHold(sweep.presale, held);
    // It may have been sold or given back between the two reads: it has to be so still, both at once.
    for (const { field, value } of suspects) {
      const [now, deadline] = await askRedis(this.#redis, "suspect", (client) =>
        client.multi().hGet(keys.seats, field).zScore(keys.holds, value.slice(5)).exec(),
      );
      if ((now as unknown) === value && deadline === null) sweep.lost.set(field, value);
    }
    sweep.cursor = page.cursor;
    if (sweep.cursor === "0") this.#swept(sweep);
  }

  async #withoutHold<Entry extends { value: string }>(
    { keys }: KnownPresale,
    held: Entry[],
  ): Promise<Entry[]> {
    const ids = [...new Set(held.map(({ value }) => value.slice(5)))];
    if (ids.length === 0) return [];
    const scores = await askRedis(this.#redis, "zmscore", (client) => client.zmScore(keys.holds, ids));
    const unknown = new Set(ids.filter((_, index) => scores[index] === null));
    return held.filter(({ value }) => unknown.has(value.slice(5)));
  }

  #swept(sweep: Sweep): void {
    const news = [...sweep.lost].filter(([seat]) => !sweep.before.has(seat));
    if (news.length > 0) {
      const seats = news.slice(0, named).map(([seat, state]) => `${seat} ${state}`);
      log("seats are nobody's", { event: sweep.presale.script.event, count: news.length, seats });
    }
    sweep.before = sweep.lost;
    sweep.lost = new Map();
  }
}
