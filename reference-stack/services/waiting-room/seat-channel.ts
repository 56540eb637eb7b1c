import { Channel } from "../../edge-kit/channel.ts";
import { frame } from "../../edge-kit/frames.ts";
import type { WindowEntry } from "../../edge-kit/window.ts";
import type { SeatDelta } from "../presale/deltas.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import type { SeatMap } from "./seat-map.ts";

/** Deltas in memory; a client that is further behind is resumed from Redis. */
const windowDeltas = 2000;

/** The seats of one presale, as this edge knows them, and who hears of them. */
export class SeatChannel extends Channel {
  readonly presale: OpenPresale;
  #map: SeatMap;

  constructor(presale: OpenPresale, head: Buffer, map: SeatMap) {
    super(presale.event, head, windowDeltas);
    this.presale = presale;
    this.#map = map;
  }

  get seq(): number {
    return this.#map.seq;
  }

  /** Takes the next delta. */
  take(delta: SeatDelta): void {
    this.#map.apply(delta);
    this.window.push(entryOf(delta));
    this.changed();
  }

  /** What lies between is gone: everybody gets the whole. */
  reset(map: SeatMap): void {
    this.#map = map;
    this.window.clear();
    this.changed();
  }

  protected override snapshot(): string {
    return this.#map.snapshot();
  }
}

export const entryOf = ({ seq, state, seats, atUs }: SeatDelta): WindowEntry => ({
  seq,
  frame: frame({ id: seq, event: "seats", data: JSON.stringify({ state, seats, atUs }) }),
  to: undefined,
});
