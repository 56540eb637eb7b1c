import type { Socket } from "node:net";
import { bareProblem } from "../../../common/refused-requests.ts";
import { lastChunk } from "../../edge-kit/frames.ts";
import { Outlet } from "../../edge-kit/outlet.ts";
import type { OpenSpan } from "../../service-kit/tracing.ts";
import type { AdmissionsEntry } from "../presale/admissions.ts";
import type { Tokens } from "../presale/tokens.ts";
import type { Ask, Refusal } from "./asks.ts";
import { admittedFrame, joinedFrame, positionFrame, soldOutFrame } from "./frames.ts";
import { joinWithinMs, type Opening, type Place } from "./openings.ts";
import { ordinalsDue } from "./pace.ts";
import { type Room, toldGroup, waitingGroup } from "./room.ts";
import type { Waiter } from "./waiter.ts";

interface LobbyOptions {
  /** Head of every stream. */
  head: string;
  tokens: Tokens;
  /** Asks for a place; `answered` is called with the answer. */
  askFor(opening: Opening): void;
  redisUp(): boolean;
  onOpened(how: "joined" | "resumed" | "sold-out"): void;
  onRefused(code: string): void;
  onSlow(): void;
}

/** Streams that are told at one turn of the event loop that all is sold. */
const soldOutBatch = 1000;

/** All open streams of this edge: how one begins, what it is told, how it ends. */
export class Lobby {
  readonly clients = new Set<Waiter>();
  readonly #options: LobbyOptions;
  readonly #spans = new WeakMap<Waiter, OpenSpan>();
  readonly outlet: Outlet<Waiter>;

  constructor(options: LobbyOptions) {
    this.#options = options;
    this.outlet = new Outlet({ onSlow: options.onSlow, onClose: (waiter) => this.#closed(waiter) });
  }

  /** Takes a request for a place, on its bare socket. */
  open(socket: Socket, { room, buyer, fingerprint, secretHash, claimed }: Ask, span?: OpenSpan): void {
    const waiter: Waiter = {
      socket,
      room,
      buyer,
      ordinal: claimed,
      mode: "replaying",
      slowRounds: 0,
      channel: waitingGroup,
      twin: undefined,
    };
    this.outlet.take(waiter);
    if (span) this.#spans.set(waiter, span);
    this.clients.add(waiter);
    if (claimed === 0 && room.soldOutAtUs !== undefined) {
      this.#begin(waiter, "sold-out", this.#soldOut(waiter));
    } else {
      const deadlineMs = performance.now() + joinWithinMs;
      const opening = { waiter, fingerprint, secretHash, claimed, deadlineMs };
      if (this.#options.redisUp() || !this.doesWithout(opening)) this.#options.askFor(opening);
    }
  }

  /** With Redis away a true ticket is enough to wait: whom it lets in will be told when Redis is back. */
  doesWithout({ waiter, claimed }: Opening): boolean {
    if (claimed <= waiter.room.head || waiter.mode !== "replaying") return false;
    if (this.clients.has(waiter)) this.#begin(waiter, "resumed", this.#wait(waiter));
    return true;
  }

  /** The answer to `askFor`. */
  answered(opening: Opening, answer: Place | Refusal): void {
    const { waiter, claimed } = opening;
    if (!this.clients.has(waiter)) return;
    if ("status" in answer) {
      this.#refuse(waiter, answer);
      return;
    }
    const { room } = waiter;
    const { ordinal, joinedAtUs, untilUs } = answer;
    if (untilUs === 0 && ordinal <= room.head && !opening.again) {
      // Let in since this answer was made, and the entry that says so has been taken in before this stream was known.
      this.#options.askFor({ ...opening, again: true });
      return;
    }
    waiter.ordinal = ordinal;
    let said = "";
    if (claimed === 0) {
      const ticket = this.#options.tokens.ticket({ event: room.presale.event, buyer: waiter.buyer, ordinal });
      said = joinedFrame({ ticket, ordinal, position: Math.max(0, room.positionOf(ordinal)), joinedAtUs });
    }
    if (untilUs > 0) said += this.#admitted(waiter, untilUs);
    else if (room.soldOutAtUs !== undefined) said += this.#soldOut(waiter);
    else said += this.#wait(waiter);
    if (waiter.mode === "replaying") this.#begin(waiter, claimed === 0 ? "joined" : "resumed", said);
    else this.outlet.write(waiter, said);
  }

  /** Takes in how a queue stands, and tells those who are let in, or that all is sold. */
  apply(room: Room, entry: AdmissionsEntry): void {
    room.apply(entry);
    for (const ordinal of entry.ordinals) {
      for (const waiter of room.take(ordinal))
        this.outlet.write(waiter, this.#admitted(waiter, entry.untilUs));
    }
    if (entry.soldOut) this.#sendHome(room);
  }

  /** Asks for those whose turn has come without a word: entries may be gone after a long time without Redis. */
  recheck(room: Room): void {
    for (const ordinal of [...room.ordinals()]) {
      if (ordinal > room.head) continue;
      for (const waiter of room.take(ordinal)) {
        const deadlineMs = performance.now() + joinWithinMs;
        this.#options.askFor({ waiter, fingerprint: "", secretHash: "", claimed: ordinal, deadlineMs });
      }
    }
    if (room.soldOutAtUs !== undefined) this.#sendHome(room);
  }

  /** Tells their position to all who are due at this tick. */
  tellPositions(room: Room, tick: number): void {
    for (const ordinal of ordinalsDue(tick, room.head, room.last)) {
      for (const waiter of room.at(ordinal)) {
        if (waiter.mode === "live") this.outlet.write(waiter, this.#position(waiter));
      }
    }
  }

  /** Ends `count` streams, or those of one room; clients come back, elsewhere. */
  end(count: number, room?: Room): void {
    for (const waiter of this.clients) {
      if (room && waiter.room !== room) continue;
      if (count-- === 0) return;
      this.#closed(waiter);
      if (waiter.mode === "replaying") waiter.socket.destroy();
      else waiter.socket.end(lastChunk);
    }
  }

  #begin(waiter: Waiter, how: "joined" | "resumed" | "sold-out", said: string): void {
    waiter.mode = "live";
    this.#options.onOpened(how);
    this.outlet.write(waiter, this.#options.head + said);
    this.#answeredWith(waiter, 200, how);
  }

  #wait(waiter: Waiter): string {
    waiter.room.add(waiter);
    return waiter.ordinal > waiter.room.head ? this.#position(waiter) : "";
  }

  #position({ room, ordinal }: Waiter): string {
    const position = room.positionOf(ordinal);
    return positionFrame({ position, etaMs: room.etaMsOf(position), asOfUs: room.asOfUs });
  }

  #admitted(waiter: Waiter, expiresAtUs: number): string {
    const { room, buyer, ordinal } = waiter;
    waiter.channel = toldGroup;
    const admission = this.#options.tokens.admission({ event: room.presale.event, buyer, expiresAtUs });
    return admittedFrame({ admission, expiresAtUs, ordinal, asOfUs: room.asOfUs });
  }

  #soldOut(waiter: Waiter): string {
    waiter.channel = toldGroup;
    return soldOutFrame(waiter.room.soldOutAtUs!);
  }

  #sendHome(room: Room): void {
    const ordinals = [...room.ordinals()];
    const turn = () => {
      for (const ordinal of ordinals.splice(0, soldOutBatch)) {
        for (const waiter of room.take(ordinal)) this.outlet.write(waiter, this.#soldOut(waiter));
      }
      if (ordinals.length > 0) setImmediate(turn);
    };
    turn();
  }

  #refuse(waiter: Waiter, { status, code, fact }: Refusal): void {
    this.#options.onRefused(code);
    this.#answeredWith(waiter, status, code);
    this.#closed(waiter);
    const headers = status === 503 ? ["Retry-After: 1"] : [];
    waiter.socket.write(waiter.mode === "replaying" ? bareProblem(status, code, fact, headers) : lastChunk);
    // Not left open for one who does not close its own side.
    waiter.socket.destroySoon();
  }

  #answeredWith(waiter: Waiter, status: number, outcome: string): void {
    this.#spans.get(waiter)?.set({ "http.response.status_code": status, outcome }).end();
    this.#spans.delete(waiter);
  }

  #closed(waiter: Waiter): void {
    this.clients.delete(waiter);
    waiter.room.remove(waiter);
  }
}
