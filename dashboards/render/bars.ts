import { PanelBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  VizOrientation,
} from "@grafana/grafana-foundation-sdk/common";
import type { BarsPanel } from "../model.ts";
import { byThresholds, steps } from "./fields.ts";
import { now } from "./tiles.ts";

export const bars = ({ unit, max, thresholds }: BarsPanel): PanelBuilder =>
  new PanelBuilder()
    .unit(unit)
    .min(0)
    .max(max)
    .colorScheme(byThresholds())
    .thresholds(steps("green", [thresholds.warn, "orange"], [thresholds.bad, "red"]))
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Color)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .minVizHeight(10)
    .noValue("–")
    .reduceOptions(now());
