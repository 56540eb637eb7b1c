import { messageOf } from "../../../common/errors.ts";
import { log } from "../../service-kit/log.ts";
import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import { scriptKeys } from "../presale/admissions.ts";
import { LuaScript } from "../presale/script.ts";
import { buyerTaken, isSameSecret, type Refusal, ticketInvalid } from "./asks.ts";
import type { Room } from "./room.ts";
import type { Waiter } from "./waiter.ts";

/** A stream whose place is being asked for. */
export interface Opening {
  waiter: Waiter;
  fingerprint: string;
  /** Empty with a ticket. */
  secretHash: string;
  /** Ordinal of its ticket; 0: it has none, and joins. */
  claimed: number;
  /** Of `performance.now()`. */
  deadlineMs: number;
  /** Its answer was older than what is known here by now. */
  again?: boolean;
}

export interface Place {
  ordinal: number;
  joinedAtUs: number;
  /** Until when it is admitted; 0 while it waits. */
  untilUs: number;
}

/** Asks Redis for the places of some of one room; in the order of the openings. */
export type AskPlaces = (
  client: RedisClient,
  room: Room,
  openings: Opening[],
) => Promise<(Place | Refusal)[]>;

interface OpeningsOptions {
  link: RedisLink;
  ask: AskPlaces;
  answered(opening: Opening, answer: Place | Refusal): void;
  /** Redis is away: whether this one can do without, and has begun. */
  doesWithout(opening: Opening): boolean;
}

/** Joins of one call are spread over this. */
const gatherMs = 10;
/** After a call that failed. */
const retryMs = 250;
/** In one call: about 2 ms of Redis, which does nothing else meanwhile. */
const callLimit = 500;
/** How long a join waits for a Redis that is away. */
export const joinWithinMs = 10_000;

/**
 * Gathers all who want a place for some milliseconds, and asks for them in one call. One call at a time: places are given
 * in the order in which their requests came. With Redis away they wait here; a call whose answer was lost is
 * made again, since a join that was made already is told its place.
 */
export class Openings {
  readonly #options: OpeningsOptions;
  readonly #sweep: NodeJS.Timeout;
  #pending: Opening[] = [];
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #failed = false;
  #closed = false;

  constructor(options: OpeningsOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#lookAfter(), 250).unref();
  }

  get pending(): number {
    return this.#pending.length;
  }

  add(opening: Opening): void {
    this.#pending.push(opening);
    this.wake();
  }

  /** Call it when Redis is back. */
  wake(): void {
    if (this.#timer || this.#asking || this.#closed || !this.#options.link.up) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#run();
      },
      this.#failed ? retryMs : gatherMs,
    );
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#sweep);
    for (const opening of this.#pending.splice(0)) this.#options.answered(opening, stopping);
  }

  async #run(): Promise<void> {
    this.#asking = true;
    do await this.#askSome();
    while (!this.#failed && this.#pending.length >= callLimit);
    this.#asking = false;
    if (this.#pending.length > 0) this.wake();
  }

  async #askSome(): Promise<void> {
    const { link, ask, answered } = this.#options;
    const batch = this.#take();
    const room = batch[0]?.waiter.room;
    if (!room) return;
    let answers: (Place | Refusal)[];
    try {
      answers = await link.call("join", (client) => ask(client, room, batch));
      this.#failed = false;
    } catch (error) {
      if (messageOf(error).startsWith("UNKNOWN")) answers = batch.map(() => gone);
      else {
        // The link says itself when Redis goes.
        if (link.up && !this.#failed) log("joins failed", { reason: messageOf(error) });
        this.#failed = true;
        this.#pending.unshift(...batch);
        return;
      }
    }
    for (const [index, opening] of batch.entries()) answered(opening, answers[index]!);
  }

  /** The first, and those behind it that want the same room. */
  #take(): Opening[] {
    const here = this.#pending.filter(({ waiter }) => !waiter.socket.destroyed);
    const room = here[0]?.waiter.room;
    const batch: Opening[] = [];
    this.#pending = here.filter((opening) => {
      if (batch.length === callLimit || opening.waiter.room !== room) return true;
      batch.push(opening);
      return false;
    });
    return batch;
  }

  #lookAfter(): void {
    const { link, answered, doesWithout } = this.#options;
    const nowMs = performance.now();
    const late: Opening[] = [];
    this.#pending = this.#pending.filter((opening) => {
      if (!link.up && doesWithout(opening)) return false;
      if (opening.deadlineMs > nowMs) return true;
      late.push(opening);
      return false;
    });
    for (const opening of late) answered(opening, away);
  }
}

const away: Refusal = { status: 503, code: "NOT_READY", fact: "Redis is away: nobody can join now" };
const stopping: Refusal = { status: 503, code: "STOPPING", fact: "this edge is going away" };
const gone: Refusal = { status: 404, code: "PRESALE_UNKNOWN", fact: "there is no such presale" };
const crowded: Refusal = {
  status: 429,
  code: "FINGERPRINT_LIMIT",
  fact: "too many have joined with this fingerprint",
};

const join = new LuaScript("join");

type Answer = [ordinal: number, joinedAtUs: number, untilUs: number, secretHash: string];

/** By one Lua call for all of them. */
export const askRedis: AskPlaces = async (client, { presale }, openings) => {
  const who = openings.flatMap(({ waiter, fingerprint, secretHash, claimed }) => [
    ...[waiter.buyer, fingerprint, secretHash, claimed],
  ]);
  const flat = (await join.run(client, scriptKeys.join(presale.event), [
    presale.fingerprintLimit,
    ...who,
  ])) as (number | string)[];
  return openings.map(({ claimed, secretHash }, index) => {
    const [ordinal, joinedAtUs, untilUs, kept] = flat.slice(index * 4, index * 4 + 4) as Answer;
    if (ordinal === -1) return crowded;
    if (ordinal === -2) return ticketInvalid;
    if (claimed === 0 && !isSameSecret(kept, secretHash)) return buyerTaken;
    return { ordinal, joinedAtUs, untilUs };
  });
};
