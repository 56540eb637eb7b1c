import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { nowUs } from "../../../common/clock.ts";
import type { DefectId } from "../../../common/presale.ts";
import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import { askRedis } from "../presale/redis-away.ts";
import { type PresaleKeys, presaleKeys } from "../presale/redis-names.ts";
import { LuaScript } from "../presale/script.ts";
import { sectionOfSeat } from "../presale/seat-of.ts";
import type { HoldMetrics } from "./hold-metrics.ts";

export interface HoldRequest {
  event: string;
  buyer: string;
  /** Of the venue, each once. */
  seats: string[];
  /** Unique for one wish of one buyer: the same again is the same hold. */
  idempotencyKey: string;
  holdMs: number;
  purchaseLimit: number;
}

export type HoldAnswer =
  | { outcome: "granted" | "repeated"; hold: string; deadlineUs: number }
  | { outcome: "taken"; taken: string[] }
  | { outcome: "over-limit"; owned: number }
  | { outcome: "sold-out" | "key-reused" };

export interface ExtendRequest {
  event: string;
  hold: string;
  buyer: string;
  untilUs: number;
  /** Who pays from now on: until it is sold or released by this booking, the hold does not expire. */
  booking?: string;
}

export type ExtendAnswer =
  | { outcome: "extended"; deadlineUs: number; seats: string[] }
  /** Another booking has it. */
  | { outcome: "paying" | "sold"; booking: string }
  | { outcome: "unknown" | "not-yours" | "expired" };

export interface SellRequest {
  event: string;
  hold: string;
  /** That was given to `extend`. */
  booking: string;
}

/** Any answer but `sold`: the seats are not the booking's, and nobody may keep its money. */
export type SellAnswer =
  | { outcome: "sold"; seats: string[]; heldUs: number; first: boolean }
  | { outcome: "unknown" | "released" | "not-paying" };

export interface ReleaseRequest {
  event: string;
  hold: string;
  buyer: string;
  /** Of a hold that is being paid: the booking that gives up. */
  booking?: string;
}

export type ReleaseAnswer =
  | { outcome: "released"; heldUs: number; first: boolean }
  | { outcome: "unknown" | "not-yours" | "paying" | "sold" };

interface HoldsOptions {
  redis: Pick<RedisLink, "call">;
  metrics?: HoldMetrics;
  nowUs?(): number;
  defect?: DefectId | undefined;
}

/** A key is remembered for so long, and so is a hold that has come to its end. */
export const rememberMs = 3_600_000;
/** Entries that the stream of deltas keeps at least: two for each of 50,000 seats. */
export const deltasRetained = 100_000;

/** What code that holds in two steps does in between, such as a look at the buyer's card, takes its time. */
const betweenStepsMs = 250;

const scripts = {
  hold: new LuaScript("hold"),
  extend: new LuaScript("extend"),
  sell: new LuaScript("sell"),
  release: new LuaScript("release"),
};

/**
 * What may be done to a hold: each at once in Redis, or not at all. All of it may be said again: the answer is the same.
 * Everything rejects with `RedisAway` while Redis is
 * away, and a change whose answer did not come may have happened.
 */
export class Holds {
  readonly #redis: HoldsOptions["redis"];
  readonly #metrics: HoldMetrics | undefined;
  readonly #nowUs: () => number;
  readonly #defect: DefectId | undefined;

  constructor({ redis, metrics, nowUs: clock = nowUs, defect }: HoldsOptions) {
    this.#redis = redis;
    this.#metrics = metrics;
    this.#nowUs = clock;
    this.#defect = defect;
  }

  async hold(request: HoldRequest): Promise<HoldAnswer> {
    const answer = await this.#wish(request);
    this.#metrics?.asked(answer.outcome);
    return answer;
  }

  /** Moves the deadline of an open hold, or of one that is being paid by `booking`; never nearer. */
  async extend({ event, hold, buyer, untilUs, booking = "" }: ExtendRequest): Promise<ExtendAnswer> {
    const keys = presaleKeys(event);
    const args = [this.#nowUs(), untilUs, hold, buyer, booking];
    const [outcome, detail, seats] = await this.#run("extend", [keys.holds, keys.hold(hold)], args);
    if (outcome === "extended") {
      this.#metrics?.extended();
      return { outcome, deadlineUs: Number(detail), seats: JSON.parse(seats!) };
    }
    if (outcome === "paying" || outcome === "sold") return { outcome, booking: detail! };
    return { outcome: outcome as "unknown" | "not-yours" | "expired" };
  }

  async sell({ event, hold, booking }: SellRequest): Promise<SellAnswer> {
    const atUs = this.#nowUs();
    const args = [atUs, hold, booking, rememberMs, deltasRetained];
    const [outcome, first, heldAtUs, seats] = await this.#run("sell", sellKeys(event, hold), args);
    if (outcome !== "sold") return { outcome: outcome as "unknown" | "released" | "not-paying" };
    const ended = { heldUs: atUs - Number(heldAtUs), first: Number(first) === 1 };
    if (ended.first) this.#metrics?.ended(outcome, ended.heldUs);
    return { outcome, seats: JSON.parse(seats!), ...ended };
  }

  async release({ event, hold, buyer, booking = "" }: ReleaseRequest): Promise<ReleaseAnswer> {
    const keys = presaleKeys(event);
    const atUs = this.#nowUs();
    const prefixes = [keys.free(""), keys.owned("")];
    const args = [atUs, hold, buyer, booking, rememberMs, deltasRetained, ...prefixes];
    const [outcome, first, heldAtUs] = await this.#run("release", holdKeys(event, hold), args);
    if (outcome !== "released") return { outcome: outcome as "unknown" | "not-yours" | "paying" | "sold" };
    const ended = { heldUs: atUs - Number(heldAtUs), first: Number(first) === 1 };
    if (ended.first) this.#metrics?.ended(outcome, ended.heldUs);
    return { outcome, ...ended };
  }

  async #wish(request: HoldRequest): Promise<HoldAnswer> {
    const id = `h-${randomBytes(12).toString("base64url")}`;
    if (this.#defect === "oversell-race") {
      // The planted bug: between the two steps somebody else may pass the check.
      const found = await this.#hold(request, id, "check");
      if (found.outcome !== "granted") return found;
      await delay(betweenStepsMs);
      return this.#hold(request, id, "take");
    }
    return this.#hold(request, id, "all");
  }

  async #hold(request: HoldRequest, id: string, step: "all" | "check" | "take"): Promise<HoldAnswer> {
    const { event, buyer, seats, idempotencyKey, holdMs, purchaseLimit } = request;
    const keys = presaleKeys(event);
    const atUs = this.#nowUs();
    const hash = createHash("sha256")
      .update([...seats].sort().join(" "))
      .digest("base64url");
    const [outcome, ...rest] = await this.#run(
      "hold",
      [
        ...[keys.seats, keys.holds, keys.hold(id), keys.owned(buyer)],
        // Of this buyer: nobody hears of another's hold by guessing a key.
        keys.idempotency(`${buyer}:${idempotencyKey}`),
        ...[keys.granted, keys.conflicts, keys.soldOut, keys.deltas],
        ...seats.map((seat) => keys.free(sectionOfSeat(seat))),
      ],
      [
        ...[step, atUs, atUs + holdMs * 1000, id, buyer, purchaseLimit, hash],
        ...[rememberMs, deltasRetained, ...seats],
      ],
    );
    switch (outcome) {
      case "held":
        return {
          outcome: rest[0] === id ? "granted" : "repeated",
          hold: rest[0]!,
          deadlineUs: Number(rest[1]),
        };
      case "taken":
        return { outcome, taken: rest };
      case "over-limit":
        return { outcome, owned: Number(rest[0]) };
      default:
        return { outcome: outcome as "sold-out" | "key-reused" };
    }
  }

  async #run(name: keyof typeof scripts, keys: string[], args: (string | number)[]): Promise<string[]> {
    const ask = (client: RedisClient) => scripts[name].run(client, keys, args);
    return (await askRedis(this.#redis, name, ask)) as string[];
  }
}

function holdKeys(event: string, hold: string): string[] {
  const keys: PresaleKeys = presaleKeys(event);
  return [keys.seats, keys.holds, keys.hold(hold), keys.deltas];
}

const sellKeys = (event: string, hold: string) => [...holdKeys(event, hold), presaleKeys(event).soldSeats];
