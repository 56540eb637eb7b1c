import type { Board } from "../model.ts";
import { boxOffice } from "./box-office.ts";
import { crowd } from "./crowd.ts";
import { matchDay } from "./match-day.ts";
import { stack } from "./stack.ts";

/** Every dashboard, by the name of its generated file. */
export const boards: Readonly<Record<string, Board>> = {
  "match-day": matchDay,
  "box-office": boxOffice,
  stack,
  crowd,
};
