import { expect, test } from "vitest";
import { renderJson } from "./json.ts";
import { passedVerdict } from "./testing/verdicts.ts";

test("the verdict and nothing else", () => {
  const verdict = passedVerdict();
  expect(JSON.parse(renderJson(verdict))).toEqual(verdict);
});
