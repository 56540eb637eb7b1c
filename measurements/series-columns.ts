/** One figure a second; `null` where there is none. Point i is the second from i to i + 1 after the start instant. */
export type Column = (number | null)[];

export function emptyColumn(seconds: number): Column {
  return new Array<number | null>(seconds).fill(null);
}

/** The second in which most of an interval lies; -1 when that is outside of the run. */
export function secondOf(fromMs: number, toMs: number, seconds: number): number {
  const second = Math.floor((fromMs + toMs) / 2000);
  return second >= 0 && second < seconds ? second : -1;
}

/** Three significant digits: as good as the histograms, and a fifth of the bytes. */
export function threeDigits(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(3));
}

export function addAt(column: Column, second: number, value: number): void {
  if (second >= 0 && second < column.length) column[second] = (column[second] ?? 0) + value;
}
