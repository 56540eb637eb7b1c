import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { Clock } from "../../../common/clock.ts";
import { Feed } from "./feed.ts";
import { scheduleOf } from "./schedule.ts";

/** Time that stands still until it is slept through. */
class VirtualClock implements Clock {
  #nowUs = 0;
  nowUs = () => this.#nowUs;
  async sleepUntil(atUs: number, signal?: AbortSignal) {
    signal?.throwIfAborted();
    this.#nowUs = Math.max(this.#nowUs, atUs);
  }
}

class Written extends EventEmitter {
  readonly lines: { atUs: number; n: number }[] = [];
  ended = false;
  readonly #clock: Clock;
  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }
  write(line: string) {
    this.lines.push({ atUs: this.#clock.nowUs(), n: JSON.parse(line).n });
    return true;
  }
  end() {
    this.ended = true;
  }
}

const script = { items: [], odds: [{ stream: "match:a", everyMs: 0.1, fromMs: 5, toMs: 6, seed: 1 }] };

test("each message goes out at its own instant, from the cursor on, to each follower", async () => {
  const clock = new VirtualClock();
  const said: number[] = [];
  const feed = new Feed(clock, ({ n }) => said.push(n));
  const [early, late] = [new Written(clock), new Written(clock)];
  const following = feed.follow(0, early as unknown as ServerResponse);
  feed.begin(scheduleOf(script, 1000));
  await new Promise((resolve) => setImmediate(resolve));
  expect(early.lines).toEqual(
    Array.from({ length: 10 }, (_, index) => ({ n: index + 1, atUs: 6000 + index * 100 })),
  );
  const second = feed.follow(8, late as unknown as ServerResponse);
  await new Promise((resolve) => setImmediate(resolve));
  expect(late.lines.map(({ n }) => n)).toEqual([9, 10]);
  expect([feed.followers, feed.said]).toEqual([2, 10]);
  // Once each, though both have heard the last two.
  expect(said).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  late.emit("close");
  await second;
  feed.close();
  await following;
  expect([feed.followers, early.ended, late.ended]).toEqual([0, true, true]);
});
