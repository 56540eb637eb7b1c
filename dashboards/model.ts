/** What a dashboard is, before it is Grafana's: rows of panels, and the queries of each. `render.ts` makes the JSON. */
import type { SystemName } from "../common/systems.ts";

export interface Query {
  /** PromQL; `$__rate_interval` is Grafana's window, which is 4 s where Prometheus scrapes each second. */
  expr: string;
  /** `{{label}}` stands for a label's value. */
  legend: string;
  /** Why a healthy stack in a run may have no such series; a query without this must always answer. */
  mayBeEmpty?: string;
  /** A Grafana colour name; the palette's next where it is absent. */
  colour?: string;
  /** A limit or a plan rather than a measurement: drawn dashed, and left out of the fill. */
  limit?: boolean;
  /** Unit of this query where it differs from the panel's. */
  unit?: Unit;
}

/** Grafana's unit ids. */
export type Unit =
  | "s"
  | "dthms"
  | "decbytes"
  | "Bps"
  | "percentunit"
  /** Without an end at 100. */
  | "suffix: %"
  | "short"
  | "locale"
  | "cps"
  | "ops"
  | "none";

/** `text` for each value; a value that is not listed is shown as the number it is. */
export type Mapping = Record<number, { text: string; colour: string }>;

interface PanelBase {
  title: string;
  /** What is counted, and what to think of it. */
  description: string;
  queries: Query[];
  /** The only system that has something to show here; the dashboard's own where it is absent. */
  system?: SystemName;
  /** Of 24 columns. */
  width: number;
}

export interface LinesPanel extends PanelBase {
  kind: "lines";
  unit: Unit;
  /** A share of something runs from 0 to 1, whatever its values. */
  max?: number;
  /** For what happens in single instants: points rather than lines. */
  marks?: boolean;
  stacked?: boolean;
  /** By powers of ten, where what matters is how many times too much it is; nought is not drawn. */
  logarithmic?: boolean;
  /** The part whose traces a click leads to; `$part` is the one of the line's label. */
  tracesOf?: string;
}

export interface HeatmapPanel extends PanelBase {
  kind: "heatmap";
  unit: Unit;
}

/** Numbers of this moment; several queries or series make several tiles. */
export interface TilesPanel extends PanelBase {
  kind: "tiles";
  unit: Unit;
  mapping?: Mapping;
  /** What is written while there is no value. */
  whileNone?: string;
  /** The name of the series instead of its value. */
  nameOnly?: boolean;
}

/** Horizontal bars of this moment; the longest is as long as there is room. */
export interface BarsPanel extends PanelBase {
  kind: "bars";
  unit: Unit;
  /** From green over orange to red. */
  thresholds: { warn: number; bad: number };
}

/** States over time, a row each. */
export interface StatesPanel extends PanelBase {
  kind: "states";
  mapping: Mapping;
}

/**
 * A table of words of this moment, from one query: each of its series is a cell, with labels `row`, `column` and `cell`.
 * Columns are in the order of the series.
 */
export interface MatrixPanel extends PanelBase {
  kind: "matrix";
  queries: [Query];
  /** What rows are: the heading of the first column. */
  rowsAre: string;
  /** How cells begin that have a colour. */
  colours?: Readonly<Record<string, string>>;
  /** What is written while there are no cells. */
  whileNone: string;
}

export type Panel = LinesPanel | HeatmapPanel | TilesPanel | BarsPanel | StatesPanel | MatrixPanel;

export interface Row {
  /** Absent: panels without a heading. */
  title?: string;
  height: number;
  panels: Panel[];
}

export interface Board {
  /** Stable: links and provisioning go by it. */
  uid: string;
  title: string;
  description: string;
  /** The only system that it is about; absent: each panel says so itself, or is about all of them. */
  system?: SystemName;
  /** The part whose traces its link leads to. */
  tracesOf: string;
  rows: Row[];
}

/** Grafana's names of a panel's queries: A, B, C … */
export const refIdOf = (index: number) => String.fromCharCode("A".charCodeAt(0) + index);
