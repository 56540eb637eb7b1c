import type { JournalEntry } from "../common/records.ts";
import type { Verdict } from "../verdict/contract.ts";

/** One second of the crowd, merged over all generators. */
export interface SecondView {
  atMs: number;
  leftMs: number;
  phase: string;
  planned: number;
  open: number;
  /** Of the last second; undefined when no event arrived in it. */
  eventAgeP50Ms: number | undefined;
  eventAgeP99Ms: number | undefined;
  staleOddsP99Ms: number | undefined;
  /** Absent where clients walk no journeys. */
  journeys?: JourneysView;
  faults: string[];
}

/** How far clients of a sale have come. What admission counts is undefined while it does not answer. */
export interface JourneysView {
  /** Had a stream, or were told no at the door. */
  came: number;
  waiting: number | undefined;
  admitted: number | undefined;
  completed: number;
  rejected: number;
  abandoned: number;
  failed: number;
  underWay: number;
  /** Of the last second. */
  positionAgeP99Ms: number | undefined;
  slowestStep: { name: string; p99Ms: number } | undefined;
}

/** What a run tells while it goes on; a view draws it, or prints it as lines. */
export type Progress =
  | { type: "step"; text: string }
  | { type: "started"; startAtUs: number; durationMs: number; liveUrl: string }
  | { type: "second"; view: SecondView }
  | { type: "journal"; entry: JournalEntry }
  | { type: "verdict"; verdict: Verdict; folder: string };

export type OnProgress = (progress: Progress) => void;
