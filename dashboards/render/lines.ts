import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
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
import type { LinesPanel, Unit } from "../model.ts";
import { byPalette, overrideQueries } from "./fields.ts";
import { filledIn, tracesUrl } from "./sources.ts";

/** Where an axis ends at least: of nothing but zeros, Grafana would draw one up to 100, be it minutes or gigabytes. */
const leastTop: Record<Unit, number> = {
  s: 0.01,
  dthms: 1,
  decbytes: 1000,
  Bps: 1000,
  percentunit: 0.01,
  "suffix: %": 1,
  short: 1,
  locale: 1,
  cps: 1,
  ops: 1,
  none: 1,
};

export function lines({
  unit,
  max,
  marks,
  stacked,
  logarithmic,
  tracesOf,
  queries,
}: LinesPanel): PanelBuilder {
  // Under many lines a fill is mud.
  const alone = queries.length === 1 && !queries[0]?.legend.includes("{{");
  const panel = new PanelBuilder()
    .unit(unit)
    .min(0)
    .axisSoftMax(leastTop[unit])
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
  // The axis of a logarithm cannot begin with 0.
  if (logarithmic)
    panel
      .min(0.1)
      .scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10));
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
