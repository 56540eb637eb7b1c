import type { Venue, VenueSection } from "../../common/presale.ts";

/** The stands, and what a seat costs there: behind the goals it is cheaper than along the lines. */
const stands: Pick<VenueSection, "id" | "priceCents">[] = [
  { id: "north1", priceCents: 6000 },
  { id: "north2", priceCents: 4500 },
  { id: "north3", priceCents: 3000 },
  { id: "east1", priceCents: 12_000 },
  { id: "east2", priceCents: 9000 },
  { id: "south1", priceCents: 6000 },
  { id: "south2", priceCents: 4500 },
  { id: "south3", priceCents: 3000 },
  { id: "west1", priceCents: 15_000 },
  { id: "west2", priceCents: 10_000 },
];

const widestRow = 25;

/** A ground of ten equal sections with about so many seats; each has two at least. */
export function venueOf(seats: number): Venue {
  const each = Math.max(2, Math.round(seats / stands.length));
  const seatsPerRow = Math.min(widestRow, each);
  const rows = Math.round(each / seatsPerRow);
  return {
    id: "arena",
    name: "Arena",
    sections: stands.map((stand) => ({ ...stand, rows, seatsPerRow })),
  };
}

export function seatsOf({ sections }: Venue): number {
  return sections.reduce((sum, { rows, seatsPerRow }) => sum + rows * seatsPerRow, 0);
}
