import type { Histogram } from "hdr-histogram-js";
import type { Fact } from "../common/errors.ts";
import type { HistoryEntry } from "../common/journey.ts";
import type { AuditEntry } from "../common/presale.ts";
import type {
  Anomaly,
  CrowdFinal,
  CrowdInterval,
  HistogramKey,
  JournalEntry,
  PartFigures,
  PublishedEvent,
  SpanRecord,
} from "../common/records.ts";

/** One generator's files, read back. */
export interface GeneratorRecord {
  generator: number;
  /** As written; `histograms` of an interval are in `hlog`. */
  intervals: CrowdInterval[];
  /** Microseconds; one entry for each tagged line of `crowd-<n>.hlog`. A `histogram` may be decoded at each access. */
  hlog: { fromMs: number; toMs: number; key: HistogramKey; histogram: Histogram }[];
  /** Absent when the generator did not come to its end. */
  final: CrowdFinal | undefined;
}

/** What is wrong with one file of a run folder. */
export interface Damage extends Fact {
  file: string;
}

/** All that a run folder holds beside its plan: what the verdict and the charts are made from. */
export interface RunRecord {
  published: PublishedEvent[];
  journal: JournalEntry[];
  generators: GeneratorRecord[];
  stack: PartFigures[];
  anomalies: Anomaly[];
  /** Hops of the flows that were traced, in no order; none where nothing was. */
  spans: SpanRecord[];
  /**
   * What clients with journeys asked for and were told, each client's in order; `values` are those that the client has not
   * told before. Absent where nobody walks.
   */
  history?: HistoryEntry[];
  /** What the databases held in the end. Absent where nothing was on sale. */
  audit?: AuditEntry[];
  /** What could not be read back: cut lines, missing files. Absent or empty when all is whole. */
  damage?: Damage[];
}
