import type { RunRecord } from "../measurements/run-record.ts";
import type { BurnLine } from "../measurements/series-burn.ts";
import { type Column, emptyColumn, threeDigits } from "../measurements/series-columns.ts";
import { burnSeries } from "../verdict/burn-series.ts";
import { evidenceOf } from "../verdict/evidence.ts";
import type { Plan } from "../verdict/plan.ts";

/** How fast each error budget was used, second by second: of the SLOs that something was bad for. */
export function burnLines(plan: Plan, record: RunRecord, seconds: number): BurnLine[] {
  const evidence = evidenceOf(plan, record);
  return plan.budget.objectives.flatMap((objective) => {
    const series = burnSeries(objective, evidence);
    if (!series?.points.some(({ bad }) => bad > 0)) return [];
    const { stepMs, windowsMs, points } = series;
    const windows = windowsMs.map((windowMs, window) => {
      const burn: Column = emptyColumn(seconds);
      for (const point of points) {
        // Known when the step has ended; drawn over all of it, since a slice is longer than a second.
        burn.fill(threeDigits(point.burn[window] ?? null), point.atMs / 1000, (point.atMs + stepMs) / 1000);
      }
      return { windowMs, burn };
    });
    return [{ title: objective.title, windows }];
  });
}
