import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import type { TilesPanel } from "../model.ts";
import { byThresholds, mappings, overrideQueries, steps } from "./fields.ts";

export const now = () => new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false);

export function tiles({ unit, mapping, whileNone, nameOnly, queries }: TilesPanel): PanelBuilder {
  const several = queries.length > 1;
  const panel = new PanelBuilder()
    .unit(unit)
    .colorScheme(byThresholds())
    .thresholds(steps(nameOnly ? "text" : "#6e7380"))
    .graphMode(BigValueGraphMode.None)
    .colorMode(nameOnly ? BigValueColorMode.None : BigValueColorMode.Background)
    .justifyMode(BigValueJustifyMode.Center)
    .textMode(
      nameOnly ? BigValueTextMode.Name : several ? BigValueTextMode.ValueAndName : BigValueTextMode.Value,
    )
    .orientation(VizOrientation.Auto)
    .reduceOptions(now());
  if (nameOnly) panel.text(new VizTextDisplayOptionsBuilder().titleSize(18).valueSize(18));
  else if (several) panel.text(new VizTextDisplayOptionsBuilder().titleSize(14).valueSize(26));
  if (mapping) panel.mappings(mappings(mapping));
  if (whileNone) panel.noValue(whileNone);
  overrideQueries(panel, queries);
  return panel;
}
