/** Error budgets of the whole run, in the words of all reports. */
import { formatMs } from "../common/duration.ts";
import type { ErrorBudget } from "../verdict/contract.ts";
import { formatAffordable, formatBudgetUsed, formatCount, formatRatio } from "../verdict/words.ts";

/** A share of a budget: in per cent, and as a multiple once it is beyond: `18 %`, `25.8 ×`. */
export function budgetUsed(used: number | null): string {
  if (used === null) return "–";
  return used <= 1 ? `${Number((used * 100).toPrecision(3))} %` : times(used);
}

/** `0.67 ×`, `25.8 ×`, `1,573 ×`. */
export function times(factor: number): string {
  return `${factor < 1000 ? Number(factor.toPrecision(3)) : formatCount(factor)} ×`;
}

export interface BudgetLine {
  id: string;
  title: string;
  /** `37,000 of 239,055 events`; of slices that count in part, with a fraction. */
  bad: string;
  /** `25.8 times what an hour at 99.99 % allows`; without a window, what the SLO asks for: `no window named; the target is 99.99 %`. */
  used: string;
  /** Beyond all that its window allows. */
  isSpent: boolean;
  burn: string;
  /** `10,000 × at 22 s`; `–` where nothing was bad, or it is known for the whole run only. */
  worst: string;
  /** `11 such runs a month`, `any number of such runs`. */
  affordable: string;
}

/** Spent ones first, and of both the fastest burn. */
export function budgetLines(budgets: readonly ErrorBudget[]): BudgetLine[] {
  const isSpent = ({ used }: ErrorBudget) => Number((used ?? 0) > 1);
  return budgets.toSorted((a, b) => isSpent(b) - isSpent(a) || b.burn - a.burn).map(lineOf);
}

function lineOf(budget: ErrorBudget): BudgetLine {
  const { id, title, method, target, bad, total, used, burn, worst } = budget;
  const unit = method === "Occurrences" ? "events" : "slices";
  return {
    ...{ id, title },
    bad: `${Number.isInteger(bad) ? formatCount(bad) : Number(bad.toPrecision(3))} of ${formatCount(total)} ${unit}`,
    used: formatBudgetUsed(budget) ?? `no window named; the target is ${formatRatio(target)}`,
    isSpent: (used ?? 0) > 1,
    burn: times(burn),
    worst: worst === null ? "–" : `${times(worst.burn)} at ${formatMs(worst.atMs)}`,
    // What burns no faster than the target allows can go on for ever.
    affordable: (burn > 1 ? formatAffordable(budget) : undefined) ?? "any number of such runs",
  };
}
