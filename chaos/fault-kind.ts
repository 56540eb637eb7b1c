import { z } from "zod";
import { parseDuration } from "../common/duration.ts";
import { MatchdayError } from "../common/errors.ts";
import type { StackControl } from "../reference-stack/handle.ts";
import type { FaultKind, OptionProblem, StackShape, UndoStep } from "./contract.ts";

/** A fault kind as its author writes it: options are read and complete. */
export interface FaultSpec<Options> {
  id: string;
  title: string;
  /** Strict: an option that it does not know is refused. All of its options may be left out. */
  options: z.ZodType<Options>;
  /** Every option, as `matchday chaos list` shows it. */
  defaults: Record<string, unknown>;
  /** What is wrong with options of the right form, on this stack. */
  misfits(options: Options, stack: StackShape): OptionProblem[];
  touches(options: Options, stack: StackShape | StackControl): string[];
  target(options: Options, stack: StackShape | StackControl): string;
  band(options: Options): string;
  undo(options: Options, stack: StackControl): UndoStep[];
  inject(options: Options, stack: StackControl): Promise<void>;
}

/** An option that is a duration, as people write it; milliseconds when read. */
export function durationOption(preset: string) {
  return z
    .string()
    .default(preset)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined) return ms;
      context.addIssue({ code: "custom", message: `"${text}" is no duration: write 250ms, 10s or 1m30s` });
      return z.NEVER;
    });
}

/** Makes a fault kind of its description: reading and checking of options is the same for all kinds. */
export function faultKind<Options>(spec: FaultSpec<Options>): FaultKind {
  const known = Object.keys(spec.defaults).join(", ");

  const problemsOf = (error: z.ZodError): OptionProblem[] =>
    error.issues.flatMap((issue) => {
      if (issue.code === "unrecognized_keys") {
        return issue.keys.map((key) => ({
          code: "FAULT_OPTION_UNKNOWN",
          fact: `${spec.id} has no option "${key}"`,
          remedy: `its options are ${known}`,
          option: key,
        }));
      }
      const option = issue.path[0];
      return [
        {
          code: "FAULT_OPTION_INVALID",
          fact:
            option === undefined
              ? `options of ${spec.id}: ${issue.message}`
              : `option ${String(option)}: ${issue.message}`,
          remedy: `options of ${spec.id}, as they are when left out: ${JSON.stringify(spec.defaults)}`,
          ...(option === undefined ? {} : { option: String(option) }),
        },
      ];
    });

  const read = (options: unknown): Options => {
    const result = spec.options.safeParse(options);
    if (result.success) return result.data;
    const [first] = problemsOf(result.error);
    throw new MatchdayError(first!.code, first!.fact, { hint: first!.remedy! });
  };

  return {
    id: spec.id,
    title: spec.title,
    defaults: spec.defaults,
    problems(options, stack) {
      const result = spec.options.safeParse(options);
      if (!result.success) return problemsOf(result.error);
      return stack ? spec.misfits(result.data, stack) : [];
    },
    touches: (options, stack) => spec.touches(read(options), stack),
    target: (options, stack) => spec.target(read(options), stack),
    band: (options) => spec.band(read(options)),
    undo: (options, stack) => spec.undo(read(options), stack),
    inject: async (options, stack) => spec.inject(read(options), stack),
  };
}
