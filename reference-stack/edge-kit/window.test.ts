import { expect, test } from "vitest";
import { EventWindow, framesFor } from "./window.ts";

const entry = (seq: number, to?: number) => ({ seq, frame: Buffer.from(`${seq};`), to });

function filled(from: number, upTo: number, capacity = 100): EventWindow {
  const window = new EventWindow(capacity);
  for (let seq = from; seq <= upTo; seq++) window.push(entry(seq));
  return window;
}

test("gives exactly what comes after a number", () => {
  const window = filled(5, 9);
  expect(window.resumesFrom).toBe(4);
  expect(window.bytesAfter(4, undefined).toString()).toBe("5;6;7;8;9;");
  expect(window.bytesAfter(8, undefined).toString()).toBe("9;");
  expect(window.bytesAfter(9, undefined).toString()).toBe("");
  expect(framesFor(undefined, window.between(5, 7)).toString()).toBe("6;7;");
});

test("forgets the oldest, never those within its capacity", () => {
  const window = filled(1, 1000, 10);
  expect(window.resumesFrom).toBeGreaterThanOrEqual(1000 - 20);
  expect(window.resumesFrom).toBeLessThanOrEqual(1000 - 10);
  expect(window.bytesAfter(window.resumesFrom!, undefined).toString()).toMatch(/^9[89]\d;.*;1000;$/);
});

test("shares the bytes among clients, until something new comes", () => {
  const window = filled(1, 3);
  const bytes = window.bytesAfter(1, undefined);
  expect(window.bytesAfter(1, 7)).toBe(bytes);
  window.push(entry(4));
  expect(window.bytesAfter(1, 7).toString()).toBe("2;3;4;");
});

test("keeps what is for one client from all others", () => {
  const window = filled(1, 2);
  window.push(entry(3, 7));
  window.push(entry(4));
  expect(window.bytesAfter(1, 7).toString()).toBe("2;3;4;");
  expect(window.bytesAfter(1, 8).toString()).toBe("2;4;");
  expect(window.bytesAfter(1, undefined).toString()).toBe("2;4;");
});
