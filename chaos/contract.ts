import type { MatchdayError, Problem } from "../common/errors.ts";
import type { JournalEntry } from "../common/records.ts";
import type { StackControl } from "../reference-stack/handle.ts";

/** One way to undo, as data: what `matchday chaos recover` can replay after a crash of the harness. */
export type UndoStep =
  | { do: "enable-proxy"; api: string; proxy: string }
  | { do: "remove-toxic"; api: string; proxy: string; toxic: string }
  | { do: "restart-part"; part: string }
  | { do: "unpause-part"; part: string };

/** What of a stack can be known before it stands. */
export interface StackShape {
  legs: string[];
  parts: string[];
}

/** A problem with one option of an experiment's entry; without `option`, with the entry. */
export interface OptionProblem extends Problem {
  option?: string;
}

/**
 * A kind of fault, one file each: it knows how to begin, how to heal, and how it is drawn. Options come as the
 * experiment says them (`latency: 200ms`); each kind reads its own, and fills in what is left out.
 */
export interface FaultKind<Options = Record<string, unknown>> {
  id: string;
  /** One line for `matchday chaos list`. */
  title: string;
  /** Every option, with the value it has when it is left out; `null`: it depends on the stack. */
  defaults: Record<string, unknown>;
  /**
   * Checks the options of an experiment's entry; returns what is wrong with them. Without a stack, whether what they
   * name exists is not looked at.
   */
  problems(options: unknown, stack?: StackShape): OptionProblem[];
  /** The legs and parts that it acts on: two faults that share one may not overlap. */
  touches(options: Options, stack: StackShape | StackControl): string[];
  /** What it acts on, for people: `all Redis legs`, `edge-2`. */
  target(options: Options, stack: StackShape | StackControl): string;
  /** The label of its band on every chart: `Redis away`. */
  band(options: Options): string;
  /** The undo steps, known *before* anything is done: they go to the ledger first. */
  undo(options: Options, stack: StackControl): UndoStep[];
  /** Resolves or rejects only when nothing of it is under way any more, so that a heal can follow. */
  inject(options: Options, stack: StackControl): Promise<void>;
}

/** What the journal is told of a fault. */
export type FaultChange = Extract<JournalEntry, { type: "fault" }>;

/** How one planned fault went. */
export interface FaultRun {
  id: string;
  kind: string;
  target: string;
  band: string;
  /** Milliseconds since the start instant: when the injection began; `null` when it never did. */
  fromMs: number | null;
  /** When the heal was confirmed; `null` when it was not, or nothing was to heal. */
  toMs: number | null;
  /**
   * `healed`: injected and healed. `failed`: the injection went wrong, and what it had done is healed. `skipped`: the
   * run ended before its turn. `not-healed`: the stack is still broken.
   */
  outcome: "healed" | "failed" | "skipped" | "not-healed";
  error?: MatchdayError;
}
