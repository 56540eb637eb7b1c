import { expect, test } from "vitest";
import type { ErrorBudget } from "./contract.ts";
import { formatAffordable, formatBudgetUsed, formatRatio, formatTarget, formatValue } from "./words.ts";

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

test.each([
  [0.001, "0.1 %"],
  [0.00101, "0.11 %"],
  [2 / 200_000, "0.001 %"],
  [0.0523, "5.3 %"],
  [0.8734, "87.4 %"],
  [0.99995, "99.995 %"],
  [0, "0 %"],
])("a share of %d that is bad is %s: no less than it is", (ratio, text) => {
  expect(formatRatio(ratio, "bad")).toBe(text);
  expect(formatValue(ratio, "ratio", "lte")).toBe(text);
});

test("a small share of what is good is cut", () => {
  expect(formatRatio(0.000119)).toBe("0.011 %");
});

test("values and targets carry their unit", () => {
  expect(formatValue(412, "ms")).toBe("412 ms");
  expect(formatValue(12_345, "count")).toBe("12,345");
  expect(formatTarget({ op: "lt", target: 2000, unit: "ms" })).toBe("< 2 s");
  expect(formatTarget({ op: "gte", target: 0.9999, unit: "ratio" })).toBe("≥ 99.99 %");
  expect(formatTarget({ op: "eq", target: 0, unit: "count" })).toBe("= 0");
});

/** 37,000 late of 239,055 in a minute. */
function budget(target: number, window: string | null, hours: number): ErrorBudget {
  const [bad, total] = [37_000, 239_055];
  const perHour = total * 60 * (1 - target);
  return {
    ...{ id: "on-time", title: "On time", method: "Occurrences", target, bad, total, window },
    ...{ windowMs: null, allowedInWindow: null, worst: null, burn: bad / total / (1 - target) },
    used: window === null ? null : bad / (perHour * hours),
    affordablePerMonth: (perHour * 720) / bad,
  };
}

test.each<[ErrorBudget, string | undefined, string]>([
  [budget(0.9999, "1h", 1), "25.8 times what an hour at 99.99 % allows", "27 such runs a month"],
  [budget(0.999, "30d", 720), "0.36 % of 30 days at 99.9 %", "279 such runs a month"],
  [budget(0.9999, "2h", 2), "12.9 times what 2 hours at 99.99 % allow", "27 such runs a month"],
  [budget(0.999999, "1h", 1), "2,580 times what an hour at 99.9999 % allows", "one such run in 3.58 months"],
  [budget(0.9999, null, 0), undefined, "27 such runs a month"],
])("a budget of %o", (of, used, affordable) => {
  expect(formatBudgetUsed(of)).toBe(used);
  expect(formatAffordable(of)).toBe(affordable);
});

test("what is afforded may be told of the fault", () => {
  expect(formatAffordable(budget(0.9999, null, 0), "fault")).toBe("27 such faults a month");
});

test("a budget that is not touched affords any number", () => {
  const untouched = { ...budget(0.99, "1d", 24), used: 0, affordablePerMonth: null };
  expect(formatBudgetUsed(untouched)).toBe("0 % of a day at 99 %");
  expect(formatAffordable(untouched)).toBeUndefined();
});
