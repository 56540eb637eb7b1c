import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { DashboardLinkBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { LinesPanel } from "../model.ts";
import { byPalette, overrideQueries } from "./fields.ts";
import { filledIn, tracesUrl } from "./sources.ts";

export function lines({ unit, max, marks, stacked, tracesOf, queries }: LinesPanel): PanelBuilder {
  // Under many lines a fill is mud.
  const alone = queries.length === 1 && !queries[0]?.legend.includes("{{");
  const panel = new PanelBuilder()
    .unit(unit)
    .min(0)
    .drawStyle(marks ? GraphDrawStyle.Points : GraphDrawStyle.Line)
    .colorScheme(byPalette())
    .lineWidth(stacked ? 1 : 2)
    .lineInterpolation(LineInterpolation.Linear)
    .fillOpacity(stacked ? 40 : alone ? 12 : 0)
    // A second without samples is a gap; a mark that stands alone is drawn as a point.
    .spanNulls(false)
    .showPoints(VisibilityMode.Auto)
    .pointSize(7)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (max !== undefined) panel.max(max);
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
  if (tracesOf) {
    const service = tracesOf === "$part" ? filledIn("__field.labels.part") : tracesOf;
    panel.dataLinks([
      new DashboardLinkBuilder(`Traces of ${service}`).url(tracesUrl(service)).targetBlank(true),
    ]);
  }
  overrideQueries(panel, queries);
  return panel;
}
