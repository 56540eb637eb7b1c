import type { Problem } from "../common/errors.ts";
import type { StackHandle } from "../reference-stack/handle.ts";

/** One way to undo, as data: what `matchday chaos recover` can replay after a crash of the harness. */
export type UndoStep =
  | { do: "enable-proxy"; api: string; proxy: string }
  | { do: "remove-toxic"; api: string; proxy: string; toxic: string }
  | { do: "restart-part"; part: string }
  | { do: "unpause-part"; part: string };

/** A kind of fault, one file each: it knows how to begin, how to heal, and how it is drawn. */
export interface FaultKind<Options = Record<string, unknown>> {
  id: string;
  /** One line for `matchday chaos list`. */
  title: string;
  /** Checks the options of an experiment's entry; returns what is wrong with them. */
  problems(options: unknown, stack: { legs: string[]; parts: string[] }): Problem[];
  /** What it acts on, for people: `all Redis legs`, `edge-2`. */
  target(options: Options, stack: StackHandle): string;
  /** The label of its band on every chart: `Redis away`. */
  band(options: Options): string;
  /** The undo steps, known *before* anything is done: they go to the ledger first. */
  undo(options: Options, stack: StackHandle): UndoStep[];
  inject(options: Options, stack: StackHandle): Promise<void>;
}
