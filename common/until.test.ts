import { expect, test } from "vitest";
import { MatchdayError } from "./errors.ts";
import { until } from "./until.ts";

const soon = { withinMs: 5000, orElse: "edge 3: no 200 within 5 s", everyMs: 1 };
const late = { ...soon, withinMs: 10 };

test("gives the first answer that is one", async () => {
  const answers = [undefined, 0, "", "up", "too late"];
  expect(await until(() => answers.shift(), soon)).toBe("up");
  expect(answers).toEqual(["too late"]);
});

test("what is thrown means not yet", async () => {
  let tries = 0;
  const answer = await until(async () => {
    if (++tries < 3) throw new Error("connection refused");
    return tries;
  }, soon);
  expect(answer).toBe(3);
});

test("says what was waited for, and the last reason, once the deadline passes", async () => {
  await expect(until(() => false, { ...late, hint: "look at the log" })).rejects.toMatchObject({
    code: "NOT_READY",
    message: "edge 3: no 200 within 5 s",
    hint: "look at the log",
  });
  const refused = new Error("connection refused");
  await expect(
    until(() => Promise.reject(refused), { ...late, code: "EDGE_NOT_READY" }),
  ).rejects.toMatchObject({
    code: "EDGE_NOT_READY",
    message: "edge 3: no 200 within 5 s (connection refused)",
    cause: refused,
  });
});

test("asks at least once, though its time is over", async () => {
  expect(await until(() => "up", { ...soon, withinMs: 0 })).toBe("up");
});

test("an answer that never comes does not hide the deadline", async () => {
  await expect(until(() => new Promise<boolean>(() => {}), late)).rejects.toMatchObject({
    code: "NOT_READY",
  });
});

test("a MatchdayError ends the wait: waiting on would not help", async () => {
  let tries = 0;
  const fatal = new MatchdayError("STACK_DIED", "edge-1 exited with code 1", { hint: "see its log" });
  await expect(
    until(() => {
      tries++;
      throw fatal;
    }, soon),
  ).rejects.toBe(fatal);
  expect(tries).toBe(1);
});

test.each([
  ["between answers", () => false, 60_000],
  ["during an answer", () => new Promise<boolean>(() => {}), 1],
])("an abort ends the wait with its reason: %s", async (_, answers, everyMs) => {
  const ended = new AbortController();
  const waiting = until(answers, { ...soon, everyMs, signal: ended.signal });
  const reason = new Error("Ctrl-C");
  setImmediate(() => ended.abort(reason));
  await expect(waiting).rejects.toBe(reason);
});

test("does not ask at all when it is aborted before", async () => {
  let asked = false;
  const answers = () => {
    asked = true;
    return true;
  };
  await expect(until(answers, { ...soon, signal: AbortSignal.abort(new Error("Ctrl-C")) })).rejects.toThrow(
    "Ctrl-C",
  );
  expect(asked).toBe(false);
});

test("a fact that tells how far it came is told as of the deadline", async () => {
  let came = 0;
  const waiting = until(() => ++came < 0, {
    withinMs: 60,
    everyMs: 5,
    orElse: () => `only ${came} of 99 came`,
  });
  await expect(waiting).rejects.toThrow(/^only ([2-9]|\d\d) of 99 came$/);
});
