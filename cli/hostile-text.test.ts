import { Writable } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import { MatchdayError, PlanError } from "../common/errors.ts";
import type { Plan } from "../verdict/plan.ts";
import { healthyRun } from "../verdict/testing/record.ts";
import { printError } from "./print-error.ts";
import { printList } from "./print-list.ts";
import { createView } from "./view.ts";

const nasty = "\u001b[2J\u0007\u202ename\u009b1m";
const shown = "\\u{1b}[2J\\u{7}\\u{202e}name\\u{9b}1m";

/** What is written to a stream meanwhile. */
function written(name: "stdout" | "stderr", act: () => void): string {
  const write = vi.spyOn(process[name], "write").mockReturnValue(true);
  act();
  return write.mock.calls.map(([text]) => text).join("");
}

afterEach(() => {
  vi.restoreAllMocks();
});

test("errors show what they quote, and keep their lines", () => {
  const error = new MatchdayError("FILE_BAD", `${nasty} is no file\nsecond line`, { hint: `give ${nasty}` });
  expect(written("stderr", () => printError(error))).toBe(
    `✗ FILE_BAD: ${shown} is no file\nsecond line\n  → give ${shown}\n`,
  );
  const plan = new PlanError([{ code: "A", fact: nasty, remedy: nasty }]);
  expect(written("stderr", () => printError(plan))).toContain(`✗ A: ${shown}\n`);
  expect(written("stderr", () => printError(new Error(nasty)))).toContain(
    `HARNESS_FAILED: Error: ${shown}\n`,
  );
});

test("lists show names, in columns", () => {
  const items = [
    { id: nasty, title: `${nasty}\nnext`, what: "fault" },
    { id: "x", title: "plain", what: "fault" },
  ];
  expect(written("stdout", () => printList(items, false)).split("\n")).toEqual([
    `fault  ${shown}  ${shown}\\nnext`,
    `fault  ${"x".padEnd(shown.length)}  plain`,
    "",
  ]);
});

test("progress shows what experiments and services are called", () => {
  let text = "";
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  const plan: Plan = { ...healthyRun().plan, experiment: nasty };
  const view = createView({ quiet: false, plan, stream });
  view.show({ type: "step", text: `cleaned up ${nasty}` });
  view.show({
    type: "journal",
    entry: { atMs: 0, atUs: 0, type: "fault", id: nasty, state: "failed", detail: nasty },
  });
  expect(text.split("\n").slice(0, 3)).toEqual([
    expect.stringContaining(`fault: ${shown}`),
    `cleaned up ${shown}`,
    `0:00 ${shown} failed: ${shown}`,
  ]);
});
