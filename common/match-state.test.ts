import { expect, test } from "vitest";
import { applyEvent, type MatchEvent, type MatchState, screenOf } from "./match-state.ts";
import vectors from "./match-state.vectors.json" with { type: "json" };

const screenAfter = (events: MatchEvent[]) => screenOf(events.reduce<MatchState>(applyEvent, []));

/** Orders of a list: all of them when it is short, else enough to move each event to each place. */
function ordersOf<T>(items: T[]): T[][] {
  if (items.length > 6) return items.map((_, by) => [...items.slice(by), ...items.slice(0, by)]);
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) => ordersOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

test.each(vectors as { name: string; events: MatchEvent[]; screen: string }[])(
  "$name: one screen in every order, and with every event twice",
  ({ events, screen }) => {
    for (const order of ordersOf(events)) expect(screenAfter(order)).toBe(screen);
    expect(screenAfter([...events, ...events])).toBe(screen);
  },
);

test("an event that is there already gives the same state back", () => {
  const goal: MatchEvent = { type: "GOAL", factId: "g1", version: 1, team: "home", minute: 3, player: "Roy" };
  const state = applyEvent([], goal);
  expect(applyEvent(state, { ...goal })).toBe(state);
});
