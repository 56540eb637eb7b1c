import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import type { PresaleRun } from "./presale-run.ts";

/** Of all presales together; there is one at a time. */
export function admissionMetrics(metrics: ServiceMetrics, runs: ReadonlyMap<string, PresaleRun>): void {
  const sum = (of: (run: PresaleRun) => number) =>
    [...runs.values()].reduce((total, run) => total + of(run), 0);
  const gauge = (name: string, help: string, of: (run: PresaleRun) => number) =>
    metrics.gauge(name, help, (made) => made.set(sum(of)));
  gauge("admission_rate_target", "Buyers that are to be let in a second", ({ target }) => target);
  gauge("admission_rate", "Buyers let in a second, over the last five", (run) =>
    run.perSecond(performance.now()),
  );
  gauge("queue_depth", "Buyers who wait", ({ queue }) => queue);
  gauge("presales_sold_out", "Presales with nothing left to sell", ({ soldOutAtUs }) =>
    soldOutAtUs === undefined ? 0 : 1,
  );
  metrics.gauge(
    "seat_conflict_ratio",
    "Holds refused for a seat that was taken, of all that were tried in the last seconds",
    (made) => made.set(Math.max(0, ...[...runs.values()].map(({ conflictRate }) => conflictRate))),
  );
  metrics.total("admitted_total", "Buyers let in", () => sum(({ admitted }) => admitted));
}
