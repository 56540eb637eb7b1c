import { expect, test } from "vitest";
import { formatRatio, formatTarget, formatValue } from "./words.ts";

test.each([
  [1, "100 %"],
  [0, "0 %"],
  [0.5, "50 %"],
  [0.992, "99.2 %"],
  [0.9999, "99.99 %"],
  [0.99995, "99.995 %"],
  [0.9999996, "99.99996 %"],
  [0.9999999999, "99.999999 %"],
  [0.99987, "99.987 %"],
  [1 / 3, "33.3 %"],
])("ratio %d is %s", (ratio, text) => {
  expect(formatRatio(ratio)).toBe(text);
});

test("values and targets carry their unit", () => {
  expect(formatValue(412, "ms")).toBe("412 ms");
  expect(formatValue(12_345, "count")).toBe("12,345");
  expect(formatTarget({ op: "lt", target: 2000, unit: "ms" })).toBe("< 2 s");
  expect(formatTarget({ op: "gte", target: 0.9999, unit: "ratio" })).toBe("≥ 99.99 %");
  expect(formatTarget({ op: "eq", target: 0, unit: "count" })).toBe("= 0");
});
