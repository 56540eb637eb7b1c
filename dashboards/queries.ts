/** Every query of every dashboard, as Prometheus would be asked: for a test that asks one. */
import { boards } from "./boards/index.ts";
import { refIdOf } from "./model.ts";
import { faultBands } from "./render/board.ts";

export interface DashboardQuery {
  dashboard: string;
  panel: string;
  refId: string;
  /** PromQL that any Prometheus understands: Grafana's window is filled in. */
  expr: string;
  /** Why a healthy run may have no such series; where it is absent, a run that answers with nothing is an error. */
  mayBeEmpty?: string;
}

/** Grafana's `$__rate_interval` where a query is to be repeated each second and Prometheus scrapes each second. */
const rateWindow = "4s";

export const dashboardQueries: readonly DashboardQuery[] = Object.entries(boards).flatMap(
  ([dashboard, { rows }]) => [
    {
      dashboard,
      panel: "annotations",
      refId: faultBands.name,
      expr: faultBands.expr,
      mayBeEmpty: "a run without a fault has none",
    },
    ...rows
      .flatMap(({ panels }) => panels)
      .flatMap(({ title, queries }) =>
        queries.map(({ expr, mayBeEmpty }, index) => ({
          dashboard,
          panel: title,
          refId: refIdOf(index),
          expr: expr.replaceAll("$__rate_interval", rateWindow),
          ...(mayBeEmpty === undefined ? {} : { mayBeEmpty }),
        })),
      ),
  ],
);
