import { expect, test } from "vitest";
import { type InstantName, instants } from "./instants.ts";
import { play } from "./play.ts";
import { inWords, type Round, roundOf } from "./round.ts";

/**
 * A taste of `npm run test:endure`: every instant once, those that come late in a run first, since they take longest. Endings and
 * clean-ups are drawn by seeds that stay, so that one commit fares as it did.
 */
const latestFirst = (Object.keys(instants) as InstantName[]).toReversed();
const rounds = latestFirst.map((instant, index) => roundOf(index + 1, { instant, beside: false }));
/** Most of a round is waiting. */
const atOnce = 3;

test("at whatever instant a run is ended, nothing is left", {
  timeout: 300_000,
}, async () => {
  const waiting = [...rounds];
  const wrong: string[] = [];
  const playOn = async () => {
    for (let round: Round | undefined = waiting.shift(); round; round = waiting.shift()) {
      const problems = await play(round);
      if (problems.length > 0) wrong.push(`${inWords(round)}:\n${problems.join("\n")}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, playOn));
  expect(wrong).toEqual([]);
});
