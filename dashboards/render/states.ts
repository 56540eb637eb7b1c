import {
  TimelineValueAlignment,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import type { StatesPanel } from "../model.ts";
import { byMapping, mappings } from "./fields.ts";

export const states = ({ mapping }: StatesPanel): PanelBuilder =>
  new PanelBuilder()
    .colorScheme(byMapping())
    .mappings(mappings(mapping))
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .alignValue(TimelineValueAlignment.Center)
    .rowHeight(0.85)
    .fillOpacity(75)
    .lineWidth(0)
    .legend(new VizLegendOptionsBuilder().showLegend(false));
