import { stripVTControlCharacters } from "node:util";

export interface TextTable {
  /** Absent: a table without a head. */
  head?: readonly string[];
  rows: readonly (readonly string[])[];
  /** The first column is cut to fit into this many characters, as far as `leastFirst`; without it nothing is cut. */
  columns?: number;
}

const gap = "  ";
/** Of the first column, which tells lines apart. */
const leastFirst = 24;

/** Columns as wide as their widest cell; colour takes no width. The last cell of a short row is as long as it likes. */
export function textTable({ head, rows, columns }: TextTable): string[] {
  const all = head ? [head, ...rows] : rows;
  const count = Math.max(0, ...all.map((row) => row.length));
  const isLong = (row: readonly string[], column: number) => row.length < count && column === row.length - 1;
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...all.map((row) => (isLong(row, column) ? 0 : widthOf(row[column] ?? "")))),
  );
  if (columns !== undefined && widths.length > 0) {
    const others = widths.slice(1).reduce((sum, width) => sum + width + gap.length, 0);
    widths[0] = Math.min(widths[0]!, Math.max(leastFirst, columns - others));
  }
  return all.map((row) =>
    row
      .map((cell, column) => padded(column === 0 ? cut(cell, widths[0]!) : cell, widths[column]!))
      .join(gap)
      .trimEnd(),
  );
}

/** As a terminal counts: wide characters take two columns, joined and combining ones none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text)))
    width += isWide(segment) ? 2 : 1;
  return width;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const wide =
  /^(?:\p{Emoji_Presentation}|.\u{FE0F}|[\u{1100}-\u{115F}\u{2E80}-\u{A4CF}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF00}-\u{FF60}\u{FFE0}-\u{FFE6}\u{20000}-\u{3FFFD}])/u;
const isWide = (segment: string) => wide.test(segment);

const padded = (cell: string, width: number) => cell + " ".repeat(Math.max(0, width - widthOf(cell)));

/** How much of the end of a text that is cut stays: names differ there, as in "(p50)" and "(p99)". */
const keptAtEnd = 6;

/** Only plain text is ever too wide: what is painted is short, or stands at its beginning. */
function cut(cell: string, width: number): string {
  if (widthOf(cell) <= width) return cell;
  const segments = [...graphemes.segment(cell)].map(({ segment }) => segment);
  const end = segments.slice(-keptAtEnd).join("");
  let begin = "";
  for (const segment of segments) {
    if (widthOf(begin + segment) > width - widthOf(end) - 1) break;
    begin += segment;
  }
  return `${begin}…${end}`;
}
