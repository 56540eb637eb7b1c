import type { Histogram } from "hdr-histogram-js";
import type { HistogramKey } from "../common/records.ts";
import { decodeHistogram, looksWhole } from "./histograms.ts";
import { linesIn, mostUnfitLines } from "./lines.ts";

/**
 * One tagged line of a log. Its histogram is decoded when it is asked for, and not kept: decoded, the seconds of 200,000
 * clients would take a gigabyte.
 */
export class HistogramLogEntry {
  /** Since the start instant. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly key: HistogramKey;
  readonly #encoded: string;

  constructor(span: { fromMs: number; toMs: number }, key: HistogramKey, encoded: string) {
    this.fromMs = span.fromMs;
    this.toMs = span.toMs;
    this.key = key;
    this.#encoded = encoded;
  }

  /** @throws MatchdayError HISTOGRAM_INVALID */
  get histogram(): Histogram {
    return decodeHistogram(this.#encoded);
  }
}

export interface HistogramLog {
  entries: HistogramLogEntry[];
  /** Numbers of the lines that are no whole entry. */
  badLines: number[];
  /** So many lines are no entry, comments among them, that the rest was not read. */
  gaveUp: boolean;
}

/** Later than 2001 in seconds since the epoch, and far longer than any run. */
const absoluteFromSeconds = 1e9;

/** Fields are counted from the end, since a tag may hold commas between its labels. */
const linePattern = /^(?:Tag=(.+),)?([0-9.]+),([0-9.]+),([0-9.eE+-]+),([A-Za-z0-9+/=]+)$/;

/**
 * Reads a standard HdrHistogram log (version 1.3) with tags; lines without a tag are kept under an empty key.
 * Timestamps may be relative to the log's `BaseTime` or to the start instant, or absolute.
 */
export function readHistogramLog(text: string, startAtUs: number): HistogramLog {
  const log: HistogramLog = { entries: [], badLines: [], gaveUp: false };
  let baseSeconds = 0;
  let number = 0;
  for (const raw of linesIn(text)) {
    log.gaveUp = number - log.entries.length > mostUnfitLines;
    if (log.gaveUp) break;
    number++;
    const line = raw.text.trimEnd();
    if (line === "" || line.startsWith('"')) continue;
    if (line.startsWith("#")) {
      const [, base] = /^#\[BaseTime:\s*([0-9.]+)/.exec(line) ?? [];
      if (base !== undefined) baseSeconds = Number(base);
      continue;
    }
    const [, tag, start, length, , encoded] = linePattern.exec(line) ?? [];
    if (encoded === undefined || !looksWhole(encoded)) {
      log.badLines.push(number);
      continue;
    }
    const seconds = baseSeconds + Number(start);
    const fromMs = roundToUs(
      seconds >= absoluteFromSeconds ? seconds * 1000 - startAtUs / 1000 : seconds * 1000,
    );
    log.entries.push(
      new HistogramLogEntry({ fromMs, toMs: roundToUs(fromMs + Number(length) * 1000) }, tag ?? "", encoded),
    );
  }
  return log;
}

const roundToUs = (ms: number) => Math.round(ms * 1000) / 1000;
