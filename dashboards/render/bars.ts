import { PanelBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  VizOrientation,
} from "@grafana/grafana-foundation-sdk/common";
import type { BarsPanel } from "../model.ts";
import { byThresholds, overrideQueries, steps } from "./fields.ts";
import { now } from "./tiles.ts";

/** A bar has the colours of all that it reaches through, so that a limit is seen on those that are many times as long. */
export const bars = ({ unit, thresholds, queries }: BarsPanel): PanelBuilder => {
  const panel = new PanelBuilder()
    .unit(unit)
    .min(0)
    .colorScheme(byThresholds())
    .thresholds(steps("green", [thresholds.warn, "orange"], [thresholds.bad, "red"]))
    .displayMode(BarGaugeDisplayMode.Lcd)
    .valueMode(BarGaugeValueMode.Color)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .minVizHeight(10)
    .noValue("–")
    .reduceOptions(now());
  overrideQueries(panel, queries);
  return panel;
};
