/** Every query of every dashboard, as Prometheus would be asked: for a test that asks one. */
import { type SystemName, systems } from "../common/systems.ts";
import { boards } from "./boards/index.ts";
import { refIdOf } from "./model.ts";
import { faultBands } from "./render/board.ts";

export interface DashboardQuery {
  dashboard: string;
  panel: string;
  refId: string;
  /** Systems of the reference stack in which a run feeds it. */
  systems: readonly SystemName[];
  /** PromQL that any Prometheus understands: Grafana's window is filled in. */
  expr: string;
  /** Why a healthy run may have no such series; where it is absent, a run that answers with nothing is an error. */
  mayBeEmpty?: string;
}

/** Grafana's `$__rate_interval` where a query is to be repeated each second and Prometheus scrapes each second. */
const rateWindow = "4s";

const allSystems = Object.keys(systems) as SystemName[];
const systemsOf = (only: SystemName | undefined) => (only === undefined ? allSystems : [only]);

export const dashboardQueries: readonly DashboardQuery[] = Object.entries(boards).flatMap(
  ([dashboard, { rows, system }]) => [
    {
      dashboard,
      panel: "annotations",
      refId: faultBands.name,
      systems: systemsOf(system),
      expr: faultBands.expr,
      mayBeEmpty: "a run without a fault has none",
    },
    ...rows
      .flatMap(({ panels }) => panels)
      .flatMap(({ title, queries, system: only = system }) =>
        queries.map(({ expr, mayBeEmpty }, index) => ({
          dashboard,
          panel: title,
          refId: refIdOf(index),
          systems: systemsOf(only),
          expr: expr.replaceAll("$__rate_interval", rateWindow),
          ...(mayBeEmpty === undefined ? {} : { mayBeEmpty }),
        })),
      ),
  ],
);

/** What a run of a system can be asked. */
export const queriesOf = (system: SystemName): DashboardQuery[] =>
  dashboardQueries.filter(({ systems }) => systems.includes(system));
