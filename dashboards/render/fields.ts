/** How single series are drawn, by the query that they come from. */
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { type Mapping, type Query, refIdOf } from "../model.ts";

interface Overridable {
  overrideByQuery(refId: string, properties: DynamicConfigValue[]): unknown;
}

/** Colours, units and dashes of single queries. */
export function overrideQueries(panel: Overridable, queries: readonly Query[]): void {
  for (const [index, { colour, unit, limit }] of queries.entries()) {
    const properties: DynamicConfigValue[] = [];
    if (colour) properties.push({ id: "color", value: { mode: "fixed", fixedColor: colour } });
    if (unit) properties.push({ id: "unit", value: unit });
    // 99.98 % misses a target of 99.99 %: rounded, both would be 100 %.
    if (unit === "percentunit") properties.push({ id: "decimals", value: 2 });
    if (limit) {
      properties.push(
        { id: "custom.drawStyle", value: "line" },
        { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } },
        { id: "custom.fillOpacity", value: 0 },
        { id: "custom.stacking", value: { mode: "none", group: "limit" } },
      );
    }
    if (properties.length > 0) panel.overrideByQuery(refIdOf(index), properties);
  }
}

export const mappings = (mapping: Mapping): ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(mapping).map(([value, { text, colour }], index) => [
        value,
        { text, color: colour, index },
      ]),
    ),
  },
];

/** Limits with the colour from there on; the first has no lower end. */
export const steps = (first: string, ...rest: [from: number, colour: string][]) =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: first }, ...rest.map(([value, color]) => ({ value, color }))]);

export const byThresholds = () => new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
/** By thresholds, Grafana would take all values between two of them for one state. */
export const byMapping = () => new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor("transparent");
export const byPalette = () => new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic);
