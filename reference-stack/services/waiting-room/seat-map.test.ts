import { expect, test } from "vitest";
import { seatsOf } from "../presale/seat-of.ts";
import { isFreeIn, SeatMap } from "./seat-map.ts";

const section = { id: "north", rows: 3, seatsPerRow: 7, priceCents: 100 };
const venue = { id: "v", name: "V", sections: [section] };

test("a bit for each seat, row by row", () => {
  const map = new SeatMap(venue, { seq: 4, asOfUs: 10 });
  map.free(seatsOf(section));
  map.apply({ seq: 5, state: "held", seats: ["north-1-1", "north-2-2", "north-9-9"], atUs: 20 });
  map.apply({ seq: 6, state: "sold", seats: ["north-3-7"], atUs: 30 });
  map.apply({ seq: 7, state: "free", seats: ["north-1-1"], atUs: 40 });
  const { sections, ...rest } = JSON.parse(map.snapshot());
  expect(rest).toEqual({ seq: 7, asOfUs: 40 });
  const taken = [...seatsOf(section)].filter((_, index) => !isFreeIn(sections.north.free, index));
  expect(taken).toEqual(["north-2-2", "north-3-7"]);
});
