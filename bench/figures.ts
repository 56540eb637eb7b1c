import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";

/** One line of a benchmark: what was seen, what it is held against in the same run, and the ratio of the two. */
export interface Figure {
  what: string;
  observed: number;
  unit: string;
  /** A limit that was set, or a peer measured in the same run. */
  against?: { what: string; value: number };
}

/** Prints figures with machine and date, since none of them means anything without. */
export function printFigures(title: string, figures: Figure[]): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  console.log(
    `${title}\n${machine} · node ${process.versions.node} · ${commit} · ${new Date().toISOString().slice(0, 16)}Z\n`,
  );
  const rows = figures.map(({ what, observed, unit, against }) => [
    what,
    `${round(observed)} ${unit}`,
    against ? `${against.what} ${round(against.value)} ${unit}` : "",
    against ? `ratio ${(observed / against.value).toFixed(2)}` : "",
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

function round(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: value >= 1000 ? 6 : 3 });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
