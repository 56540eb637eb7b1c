import { expect, test, vi } from "vitest";
import { LostParts } from "./lost-parts.ts";

const hint = (part: string) => `its log is ${part}.log`;

function afterReady(...parts: string[]): LostParts {
  const lost = new LostParts();
  for (const part of parts) lost.becameReady(part);
  return lost;
}

test("whoever waits for a part that was ready and has ended is told which", () => {
  const lost = afterReady("postgres");
  lost.mark("postgres", "was killed by SIGKILL");
  expect(() => lost.refuse("scores", { hint })).toThrow(
    expect.objectContaining({
      code: "STACK_DIED",
      message: "postgres ended while scores was starting: was killed by SIGKILL",
      hint: "its log is postgres.log",
    }),
  );
});

test("a part that was not ready yet says itself what was wrong", () => {
  const lost = new LostParts();
  lost.mark("redis", "exited with code 1");
  lost.refuse("scores", { hint });
});

test("nobody waits for an edge, and no part for itself; what was started again is not lost", () => {
  const lost = afterReady("edge-1", "postgres");
  lost.mark("edge-1", "exited with code 1");
  lost.refuse("scores", { hint, doWithout: ["edge-1"] });
  expect(() => lost.refuse("the stack", { hint })).toThrow(/^edge-1 ended while the stack was starting/);
  lost.startedAgain("edge-1");
  lost.refuse("the stack", { hint });
  lost.mark("postgres", "exited with code 1");
  lost.refuse("postgres", { hint });
});

test("what was lost before anybody listened is told to the first who does, once", () => {
  const lost = afterReady("redis");
  lost.mark("redis", "was killed by SIGKILL");
  lost.tell("redis", "was killed by SIGKILL: its last words");
  const [first, second] = [vi.fn(), vi.fn()];
  lost.onLost(first);
  lost.onLost(second);
  expect(first.mock.calls).toEqual([["redis", "was killed by SIGKILL: its last words"]]);
  expect(second).not.toHaveBeenCalled();
  lost.tell("edge-1", "exited with code 1");
  expect(first).toHaveBeenLastCalledWith("edge-1", "exited with code 1");
  expect(second).toHaveBeenCalledOnce();
});
