import { MatchdayError } from "../common/errors.ts";
import type { PhaseName } from "../common/match-day.ts";
import type { HistogramKey } from "../common/records.ts";

/** A histogram key, taken apart: `event_age{class=goal}@fault`. */
export interface MeasureKey {
  name: string;
  labels: Readonly<Record<string, string>>;
  phase?: PhaseName;
}

export const phaseNames: readonly PhaseName[] = ["arrive", "baseline", "fault", "recovery", "after"];

const keyPattern = /^([a-z][a-z0-9_]*)(?:\{([^{}@]*)\})?(?:@([a-z]+))?$/;
/** A value may be empty: a target may send events of no class. */
const labelPattern = /^([a-z][a-z0-9_]*)=([^=,{}@]*)$/;

/** @returns `undefined` when the text is no key. */
export function tryParseKey(key: string): MeasureKey | undefined {
  const match = keyPattern.exec(key);
  if (!match) return undefined;
  const [, name, labelText, phase] = match;
  if (phase !== undefined && !phaseNames.includes(phase as PhaseName)) return undefined;
  const labels: Record<string, string> = {};
  for (const pair of labelText?.split(",") ?? []) {
    const [, label, value] = labelPattern.exec(pair.trim()) ?? [];
    if (label === undefined || value === undefined) return undefined;
    labels[label] = value;
  }
  return { name: name!, labels, ...(phase === undefined ? {} : { phase: phase as PhaseName }) };
}

/** @throws MatchdayError MEASURE_KEY_INVALID */
export function parseKey(key: HistogramKey): MeasureKey {
  const parsed = tryParseKey(key);
  if (parsed) return parsed;
  throw new MatchdayError("MEASURE_KEY_INVALID", `"${key}" is no histogram key`, {
    hint: "keys look like measure, measure{class=goal}, measure@fault or measure{class=goal}@fault",
  });
}

/** Labels are sorted, so that equal keys are equal text. */
export function formatKey({ name, labels, phase }: MeasureKey): HistogramKey {
  const pairs = Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .sort();
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""}${phase ? `@${phase}` : ""}`;
}
