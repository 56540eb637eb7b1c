import { seatId, type Venue, type VenueSection } from "../../../common/presale.ts";

const seat = /^([\w-]{1,32})-([1-9]\d{0,3})-([1-9]\d{0,3})$/;

export interface SeatPlace {
  section: VenueSection;
  /** From 1. */
  row: number;
  seat: number;
}

/** @returns where a seat is; `undefined` when the venue has none of this id */
export function seatOf(sections: ReadonlyMap<string, VenueSection>, id: string): SeatPlace | undefined {
  const [, name, row, number] = seat.exec(id) ?? [];
  const section = sections.get(name ?? "");
  if (!section || Number(row) > section.rows || Number(number) > section.seatsPerRow) return undefined;
  return { section, row: Number(row), seat: Number(number) };
}

export function* seatsOf({ id, rows, seatsPerRow }: VenueSection): Generator<string> {
  for (let row = 1; row <= rows; row++) {
    for (let number = 1; number <= seatsPerRow; number++) yield seatId(id, row, number);
  }
}

export const seatCount = ({ sections }: Venue) =>
  sections.reduce((seats, { rows, seatsPerRow }) => seats + rows * seatsPerRow, 0);

/** Of a seat that is known to be one. */
export const sectionOfSeat = (id: string) => id.replace(/-\d+-\d+$/, "");
