import type { JournalEntry, PartFigures } from "../common/records.ts";
import { type Column, emptyColumn, threeDigits } from "./series-columns.ts";

export interface PartSeries {
  part: string;
  kind: PartFigures["kind"];
  /** 1 up, 0 down. */
  up: Column;
  cpuCores: Column;
  eventLoopLagP99Ms: Column;
  backlogBytes: Column;
  connections: Column;
}

export interface MachineSeries {
  cores: number;
  cpuCores: Column;
  memoryUsedBytes: Column;
}

/** One row a part, services first, then edges, then what they depend on. */
export function stackSeries(figures: PartFigures[], seconds: number): PartSeries[] {
  const kinds: PartFigures["kind"][] = ["service", "edge", "dependency"];
  return [...Map.groupBy(figures, ({ part }) => part)]
    .map(([part, rows]) => partSeries(part, rows, seconds))
    .sort(
      (a, b) =>
        kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
        a.part.localeCompare(b.part, "en", { numeric: true }),
    );
}

function partSeries(part: string, rows: PartFigures[], seconds: number): PartSeries {
  const series: PartSeries = {
    part,
    kind: rows[0]!.kind,
    up: emptyColumn(seconds),
    cpuCores: emptyColumn(seconds),
    eventLoopLagP99Ms: emptyColumn(seconds),
    backlogBytes: emptyColumn(seconds),
    connections: emptyColumn(seconds),
  };
  let before: PartFigures | undefined;
  for (const row of rows.toSorted((a, b) => a.atMs - b.atMs)) {
    const second = Math.floor(row.atMs / 1000);
    if (second >= 0 && second < seconds) {
      series.up[second] = row.up ? 1 : 0;
      series.cpuCores[second] = coresBetween(before, row);
      for (const name of ["eventLoopLagP99Ms", "backlogBytes", "connections"] as const) {
        series[name][second] = threeDigitsUnlessWhole(row[name]);
      }
    }
    if (row.cpuUs !== undefined) before = row;
  }
  return series;
}

/** CPU in cores since the row before; a counter that fell is that of a new process, counted from its own start. */
function coresBetween(before: PartFigures | undefined, row: PartFigures): number | null {
  if (row.cpuUs === undefined || before?.cpuUs === undefined || row.atMs <= before.atMs) return null;
  const usedUs = row.cpuUs >= before.cpuUs ? row.cpuUs - before.cpuUs : row.cpuUs;
  return threeDigits(usedUs / 1000 / (row.atMs - before.atMs));
}

function threeDigitsUnlessWhole(value: number | undefined): number | null {
  if (value === undefined) return null;
  return Number.isInteger(value) ? value : threeDigits(value);
}

/** The whole machine, everything that runs on it included. */
export function machineSeries(
  journal: JournalEntry[],
  startAtUs: number,
  cores: number,
  seconds: number,
): MachineSeries {
  const series: MachineSeries = {
    cores,
    cpuCores: emptyColumn(seconds),
    memoryUsedBytes: emptyColumn(seconds),
  };
  for (const entry of journal) {
    if (entry.type !== "machine") continue;
    const second = Math.floor((entry.atMs ?? (entry.atUs - startAtUs) / 1000) / 1000);
    if (second < 0 || second >= seconds) continue;
    series.cpuCores[second] = threeDigits(entry.cpuBusy * cores);
    series.memoryUsedBytes[second] = entry.memoryUsedBytes;
  }
  return series;
}
