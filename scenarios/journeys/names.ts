import type { JourneyEnd } from "../../common/journey.ts";

/** What `{…}` stands for without anybody having captured it. */
type BuiltIn =
  | "client"
  | "journey"
  | "random"
  | `key:${string}`
  | `hash:${string}`
  | `pick:${string}`
  | `{${string}`;

type Values<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Values<Rest>
  : never;

/** The captures that a template names; those within `{hash:…}` are left to `journeyProblems`. */
export type CapturesIn<Text extends string> = Exclude<Values<Text>, BuiltIn>;

/** The steps whose keys a template names. */
export type KeysIn<Text extends string> = StepOf<Values<Text>>;
type StepOf<Value extends string> = Value extends `key:${infer Step}` ? Step : never;

/** Where a step goes on; the type knows the name. */
export type To<Step extends string> = { step: Step } | { end: JourneyEnd; cause: string };

export const goTo = <const Step extends string>(step: Step) => ({ step });

export const completed = (cause: string) => ({ end: "completed", cause }) as const;
/** A right answer that is a no. */
export const rejected = (cause: string) => ({ end: "rejected", cause }) as const;
/** The client gives up. */
export const abandoned = (cause: string) => ({ end: "abandoned", cause }) as const;
/** Something that must not be. */
export const failed = (cause: string) => ({ end: "failed", cause }) as const;
