import type { Venue, VenueSection } from "../../../common/presale.ts";
import type { SeatDelta } from "../presale/deltas.ts";
import { seatOf } from "../presale/seat-of.ts";

interface SeatBits {
  section: VenueSection;
  /** Row by row, the highest bit of a byte first; 1 is free. */
  bits: Buffer;
}

/** Which seats are free, a bit each: a venue of 50,000 fits into 8.4 KB of text. */
export class SeatMap {
  readonly #sections: ReadonlyMap<string, SeatBits>;
  readonly #venue: ReadonlyMap<string, VenueSection>;
  /** The last delta that is in it. */
  seq: number;
  asOfUs: number;

  constructor(venue: Venue, { seq, asOfUs }: { seq: number; asOfUs: number }) {
    this.seq = seq;
    this.asOfUs = asOfUs;
    this.#venue = new Map(venue.sections.map((section) => [section.id, section]));
    this.#sections = new Map(
      venue.sections.map((section) => [
        section.id,
        { section, bits: Buffer.alloc(Math.ceil((section.rows * section.seatsPerRow) / 8)) },
      ]),
    );
  }

  free(seats: Iterable<string>): void {
    for (const seat of seats) this.#set(seat, true);
  }

  apply({ seq, state, seats, atUs }: SeatDelta): void {
    for (const seat of seats) this.#set(seat, state === "free");
    this.seq = seq;
    this.asOfUs = atUs;
  }

  snapshot(): string {
    const sections = Object.fromEntries(
      [...this.#sections.values()].map(({ section: { id, rows, seatsPerRow }, bits }) => [
        id,
        { rows, seatsPerRow, free: bits.toString("base64") },
      ]),
    );
    return JSON.stringify({ seq: this.seq, asOfUs: this.asOfUs, sections });
  }

  #set(seat: string, free: boolean): void {
    const place = seatOf(this.#venue, seat);
    if (!place) return;
    const index = (place.row - 1) * place.section.seatsPerRow + place.seat - 1;
    const { bits } = this.#sections.get(place.section.id)!;
    const mask = 0x80 >> (index & 7);
    bits[index >> 3] = free ? bits[index >> 3]! | mask : bits[index >> 3]! & ~mask;
  }
}

/** @returns whether a seat is free by a snapshot's bits */
export function isFreeIn(base64: string, index: number): boolean {
  return (Buffer.from(base64, "base64")[index >> 3]! & (0x80 >> (index & 7))) !== 0;
}
