import { expect, test } from "vitest";
import { oddsWalk } from "./odds-walk.ts";

const quotes = (seed: number, count: number) => [...oddsWalk(seed).take(count)];

test("the same seed gives the same quotes, another seed others", () => {
  expect(quotes(3, 50)).toEqual(quotes(3, 50));
  expect(quotes(3, 50)).not.toEqual(quotes(4, 50));
});

test("quotes move, stay above 1, and leave the book its margin", () => {
  const walk = quotes(1, 2000);
  for (const { home, draw, away } of walk) {
    expect(Math.min(home, draw, away)).toBeGreaterThan(1);
    const chances = 1 / home + 1 / draw + 1 / away;
    expect(chances).toBeGreaterThan(1.02);
    expect(chances).toBeLessThan(1.08);
  }
  expect(new Set(walk.map(({ home }) => home)).size).toBeGreaterThan(50);
});
