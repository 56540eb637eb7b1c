import { describe, expect, test } from "vitest";
import { isDeclined, latencyOf, usualBehaviour } from "./behaviour.ts";
import { Books } from "./books.ts";

const request = { key: "b-1", booking: "b-1", buyer: "ann", amountCents: 9000, card: "card-1" };
const taken = () => ({ state: "taken" as const, atUs: 1, answerAtMs: 0 });

describe("a key", () => {
  test("is charged once, however often it is asked for", () => {
    const books = new Books();
    const first = books.charge(request, taken);
    expect(books.charge({ ...request }, taken)).toEqual(first);
    expect(books.all()).toHaveLength(1);
  });

  test("is refused for another charge", () => {
    const books = new Books();
    books.charge(request, taken);
    expect(books.charge({ ...request, amountCents: 1 }, taken)).toEqual({ refused: "key-reused" });
    expect(books.all()).toMatchObject([{ amountCents: 9000 }]);
  });

  test("that was cancelled before its charge came takes nothing any more", () => {
    const books = new Books();
    expect(books.cancel("b-1")).toBeUndefined();
    expect(books.charge(request, taken)).toEqual({ refused: "cancelled" });
    expect(books.all()).toEqual([]);
  });

  test("that is cancelled afterwards is given back, once", () => {
    const books = new Books();
    books.charge(request, taken);
    expect(books.cancel("b-1")).toMatchObject({ state: "refunded" });
    expect(books.cancel("b-1")).toMatchObject({ state: "refunded" });
    expect(books.count("refunded")).toBe(1);
  });
});

test("a declined charge is in the books, and cannot be given back", () => {
  const books = new Books();
  const outcome = books.charge(request, () => ({ ...taken(), state: "declined" }));
  const id = "charge" in outcome ? outcome.charge.charge : "";
  expect(books.refund(id)).toMatchObject({ state: "declined" });
  expect(books.refund("ch-unknown")).toBeUndefined();
});

test("books are read from where one is", () => {
  const books = new Books();
  for (const key of ["a", "b", "c"]) books.charge({ ...request, key }, taken);
  expect(books.after(1, 1)).toMatchObject([{ type: "charge", key: "b" }]);
  expect(books.after(3)).toEqual([]);
});

test("a card is declined or not, always the same, in the share that was asked for", () => {
  const behaviour = { ...usualBehaviour, declineShare: 0.1 };
  const cards = Array.from({ length: 5000 }, (_, index) => `card-${index}`);
  const declined = cards.filter((card) => isDeclined(behaviour, card));
  // 500 expected, standard deviation 21.
  expect(declined.length).toBeGreaterThan(400);
  expect(declined.length).toBeLessThan(600);
  expect(declined.every((card) => isDeclined({ ...behaviour, declineShare: 0.2 }, card))).toBe(true);
  expect(cards.some((card) => isDeclined(usualBehaviour, card))).toBe(false);
  expect(cards.every((card) => isDeclined({ ...behaviour, declineShare: 1 }, card))).toBe(true);
});

test("latency has its jitter above it", () => {
  const behaviour = { ...usualBehaviour, latencyMs: 100, jitterMs: 50 };
  const latencies = Array.from({ length: 200 }, (_, index) => latencyOf(behaviour, `b-${index}`));
  expect(Math.min(...latencies)).toBeGreaterThanOrEqual(100);
  expect(Math.max(...latencies)).toBeLessThan(150);
  expect(new Set(latencies).size).toBeGreaterThan(190);
});
