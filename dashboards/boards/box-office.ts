import type { Board } from "../model.ts";
import { bookingRows } from "./box-office/bookings.ts";
import { businessRow } from "./box-office/business.ts";
import { journeyRows } from "./box-office/journeys.ts";
import { queueRows } from "./box-office/queue.ts";
import { seatRows } from "./box-office/seats.ts";
import { tile } from "./panels.ts";
import {
  budgetRow,
  elapsedTile,
  objectivesRow,
  phasesRow,
  phaseTile,
  runTile,
  sentenceRow,
  verdictTile,
} from "./run.ts";

export const boxOffice: Board = {
  uid: "matchday-box-office",
  title: "Box office",
  description:
    "A presale second by second: who waits, who is let in, what becomes of seats, and whether payments end in bookings.",
  system: "box-office",
  tracesOf: "box-office-1",
  rows: [
    {
      height: 4,
      panels: [
        verdictTile(3),
        phaseTile(3),
        elapsedTile(3),
        tile("Waiting", 3, {
          description: "Buyers who wait at the edges with a stream.",
          unit: "locale",
          whileNone: "–",
          queries: [{ expr: "sum(matchday_waiting_here)", legend: "waiting", colour: "blue" }],
        }),
        tile("Free seats", 3, {
          description: "Seats that nobody holds and nobody has bought.",
          unit: "locale",
          whileNone: "–",
          queries: [{ expr: 'max(matchday_seats{state="free"})', legend: "free", colour: "blue" }],
        }),
        tile("Lost seats", 3, {
          description: "Neither free, nor held by a hold that will end, nor sold. There is to be none.",
          unit: "locale",
          whileNone: "–",
          mapping: { 0: { text: "none", colour: "green" } },
          queries: [{ expr: "max(matchday_seats_indeterminate)", legend: "lost", colour: "red" }],
        }),
        runTile(6),
      ],
    },
    sentenceRow,
    objectivesRow(16),
    budgetRow,
    phasesRow,
    businessRow,
    ...queueRows,
    ...seatRows,
    ...bookingRows,
    ...journeyRows,
  ],
};
