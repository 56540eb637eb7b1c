import { z } from "zod";
import type { StackControl } from "../reference-stack/handle.ts";
import { type ToxicSpec, ToxiproxyApi } from "../reference-stack/toxiproxy.ts";
import type { OptionProblem, StackShape, UndoStep } from "./contract.ts";
import { legsMatching, shapeOf } from "./stack-shape.ts";

/** In a burst, machine and Toxiproxy are busy: an answer that takes seconds is still an answer. */
export function toxiproxyAt(url: string): ToxiproxyApi {
  return new ToxiproxyApi(url, { timeoutMs: 5000 });
}

/** Of one glob; `{a,b}{a,b}…` and `{1..1000000}` would be laid out one by one. */
const mostAlternatives = 16;

/** Which legs, as a glob of their names. */
export function legsOption(preset: string) {
  return z
    .string()
    .regex(
      /^[\w.,*?{}[\]!^-]{1,100}$/,
      "write a glob such as *.redis or edge-{1,2}.redis, of at most 100 characters",
    )
    .refine(
      (glob) => alternativesIn(glob) <= mostAlternatives,
      `braces may come to ${mostAlternatives} alternatives`,
    )
    .default(preset);
}

function alternativesIn(glob: string): number {
  const groups = glob.match(/\{[^{}]*\}/g) ?? [];
  const isPlain = !glob.replace(/\{[^{}]*\}/g, "").match(/[{}]/) && !glob.includes("..");
  return isPlain
    ? groups.reduce((product, group) => product * group.split(",").length, 1)
    : Number.POSITIVE_INFINITY;
}

/** A glob that names no leg would be a fault that does nothing, and a run that proves nothing. */
export function legMisfits(legs: string, stack: StackShape): OptionProblem[] {
  if (legsMatching(legs, stack).length > 0) return [];
  return [
    {
      code: "FAULT_TARGET_UNKNOWN",
      fact: `legs: "${legs}" names no leg of this stack`,
      remedy: `its legs are ${stack.legs.join(", ") || "none: it has no Toxiproxy"}`,
      option: "legs",
    },
  ];
}

/** `all Redis legs`, or the legs by name where the experiment chose them. */
export function legTarget(
  legs: string,
  preset: { legs: string; whose: string },
  stack: StackShape | StackControl,
): string {
  const matching = legsMatching(legs, stack);
  if (legs === preset.legs && matching.length > 1) return `all ${preset.whose} legs`;
  return matching.length > 3 || matching.length === 0
    ? `${matching.length} of ${shapeOf(stack).legs.length} legs (${legs})`
    : matching.join(", ");
}

/**
 * Does the same to every leg. Waits for all of them even when one fails: a heal that overtakes a late injection
 * would leave the leg broken.
 */
export async function onEveryLeg(
  legs: string,
  stack: StackControl,
  act: (leg: string) => Promise<unknown>,
): Promise<void> {
  const results = await Promise.allSettled(legsMatching(legs, stack).map(act));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

export function removeToxics(legs: string, stack: StackControl, toxics: ToxicSpec[]): UndoStep[] {
  return legsMatching(legs, stack).flatMap((proxy) =>
    toxics.map(({ name }): UndoStep => ({ do: "remove-toxic", api: stack.toxiproxyUrl, proxy, toxic: name })),
  );
}

export async function addToxics(legs: string, stack: StackControl, toxics: ToxicSpec[]): Promise<void> {
  const toxiproxy = toxiproxyAt(stack.toxiproxyUrl);
  await onEveryLeg(legs, stack, async (leg) => {
    for (const toxic of toxics) await toxiproxy.addToxic(leg, toxic);
  });
}
