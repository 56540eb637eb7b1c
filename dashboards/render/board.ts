/** From our description of a dashboard to Grafana's JSON (classic dashboards, Grafana 10.0 and newer). */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel as GrafanaPanel,
  RowBuilder,
  TimePickerBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { type Board, type Panel, refIdOf } from "../model.ts";
import { bars } from "./bars.ts";
import { heatmap } from "./heatmap.ts";
import { lines } from "./lines.ts";
import { matrix } from "./matrix.ts";
import { boardLinks, prometheus, sourceVariables } from "./sources.ts";
import { states } from "./states.ts";
import { tiles } from "./tiles.ts";

/** What all kinds of Grafana's panels have. */
interface AnyPanel extends Builder<GrafanaPanel> {
  id(id: number): unknown;
  title(title: string): unknown;
  description(text: string): unknown;
  datasource(ref: typeof prometheus): unknown;
  height(rows: number): unknown;
  span(columns: number): unknown;
  interval(least: string): unknown;
  targets(targets: DataqueryBuilder[]): unknown;
}

function draw(panel: Panel): AnyPanel {
  switch (panel.kind) {
    case "lines":
      return lines(panel);
    case "heatmap":
      return heatmap(panel);
    case "tiles":
      return tiles(panel);
    case "bars":
      return bars(panel);
    case "states":
      return states(panel);
    case "matrix":
      return matrix(panel);
  }
}

/** Tiles, bars and tables are of this moment: what was an hour ago is not what is. */
const ofThisMoment = ({ kind }: Panel) => ["tiles", "bars", "matrix"].includes(kind);

const formats: Partial<Record<Panel["kind"], PromQueryFormat>> = {
  heatmap: PromQueryFormat.Heatmap,
  matrix: PromQueryFormat.Table,
};

function renderPanel(panel: Panel, id: number, height: number): AnyPanel {
  const drawn = draw(panel);
  drawn.id(id);
  drawn.title(panel.title);
  drawn.description(panel.description);
  drawn.datasource(prometheus);
  drawn.height(height);
  drawn.span(panel.width);
  // Prometheus scrapes each second. Said here, windows are of seconds also where the data source says nothing.
  drawn.interval("1s");
  drawn.targets(
    panel.queries.map(({ expr, legend }, index) => {
      const query = new DataqueryBuilder()
        .refId(refIdOf(index))
        .datasource(prometheus)
        .expr(expr)
        .legendFormat(legend)
        .interval("1s")
        .format(formats[panel.kind] ?? PromQueryFormat.TimeSeries);
      return ofThisMoment(panel) ? query.instant() : query.range();
    }),
  );
  return drawn;
}

/**
 * Grafana asks for annotations in a hundredth of what is looked at, and joins what is at most this apart: up to six
 * minutes a fault is one band, and no more than this too short.
 */
const bandStep = "2s";

/** Shown on every panel with a time axis, as a region from injection to heal. */
export const faultBands = { name: "Faults", expr: "matchday_fault_active == 1" };

function faults(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(faultBands.name)
    .datasource(prometheus)
    .enable(true)
    .hide(false)
    .iconColor("red")
    .expr(faultBands.expr)
    .step(bandStep)
    .titleFormat("{{fault}}")
    .textFormat("{{band}}")
    .tagKeys("fault");
}

export function renderBoard({ uid, title, description, tracesOf, rows }: Board): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(["matchday"])
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-5m", to: "now" })
    .refresh("1s")
    .timepicker(new TimePickerBuilder().refreshIntervals(["1s", "5s", "10s", "30s", "1m", "5m"]))
    .timezone("browser")
    .variables(sourceVariables())
    .annotation(faults())
    .links(boardLinks(tracesOf));
  let id = 0;
  for (const row of rows) {
    if (row.title) {
      id += 1;
      dashboard.withRow(new RowBuilder(row.title).id(id));
    }
    for (const panel of row.panels) {
      id += 1;
      dashboard.withPanel(renderPanel(panel, id, row.height));
    }
  }
  return dashboard.build();
}
