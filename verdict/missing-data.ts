import type { GeneratorRecord } from "../measurements/run-record.ts";
import type { Evidence } from "./evidence.ts";
import type { Reason } from "./trust.ts";

/** An interval is written when its second is over, so that the last one may be less than a second before the leave. */
const tailMs = 1500;

const again = "run again; the logs in the run folder say why it is missing";

/** What should be in the run folder, and is not. */
export function missingData({ plan, record, measures, samples, strays }: Evidence): Reason[] {
  if (plan.startAtUs === undefined) return [];
  const reasons: Reason[] = (record.damage ?? []).map(({ fact }) => ({
    fact: `data is missing: ${fact}`,
    cure: again,
  }));
  const present = new Map(record.generators.map((generator) => [generator.generator, generator]));
  for (let number = 0; number < plan.generators; number++) {
    const generator = present.get(number);
    if (!generator) {
      reasons.push({ fact: `data is missing: generator ${number} left none`, cure: again });
      continue;
    }
    if (!generator.final) {
      reasons.push({
        fact: `generator ${number} did not come to its end, and left no final record`,
        cure: again,
      });
    }
    const missing = missingIntervals(generator, plan.crowd.leaveAtMs);
    if (missing.length > 0) {
      reasons.push({
        fact: `data is missing: generator ${number} has no interval ${listed(missing)}`,
        cure: again,
      });
    }
  }
  if (strays > 0) {
    reasons.push({
      fact: `data does not belong here: the histogram logs hold ${strays.toLocaleString("en-US")} samples of no interval that the generators tell of`,
      cure: again,
    });
  }
  const { invalidKeys } = measures;
  if (invalidKeys.length > 0) {
    const keys = invalidKeys.slice(0, 3).map((key) => JSON.stringify(key));
    reasons.push({
      fact: `data cannot be read: histograms are kept under ${keys.join(", ")}, which name no measure`,
      cure: again,
    });
  }
  if (
    measures.names.length === 0 &&
    record.generators.some(({ final }) => (final?.counters.events ?? 0) > 0)
  ) {
    reasons.push({
      fact: "data is missing: events were read, and no histogram tells their age",
      cure: again,
    });
  } else {
    const told = missingSamples(record.generators, samples);
    reasons.push(...(told ?? missingAges(record.generators, measures)));
  }
  return reasons;
}

/**
 * Every interval tells how many samples its histograms hold: a log in which a line is missing, wherever, holds fewer, and one
 * with a line too many holds more.
 * @returns undefined for a run that was saved before intervals told that
 */
function missingSamples(
  generators: GeneratorRecord[],
  there: ReadonlyMap<string, number>,
): Reason[] | undefined {
  const told = new Map<string, number>();
  const intervals = generators.flatMap((generator) => generator.intervals);
  const silent = intervals.filter(({ samples }) => !samples);
  if (silent.length === intervals.length) return undefined;
  if (silent.length > 0) {
    const { generator, index } = silent[0]!;
    return [
      {
        fact: `data is missing: interval ${index} of generator ${generator} does not tell how many samples it has`,
        cure: again,
      },
    ];
  }
  for (const { samples } of intervals) {
    for (const [key, count] of Object.entries(samples!)) told.set(key, (told.get(key) ?? 0) + count);
  }
  const number = (value: number) => value.toLocaleString("en-US");
  const keys = [...new Set([...told.keys(), ...there.keys()])];
  const wrong = keys.filter((key) => (there.get(key) ?? 0) !== (told.get(key) ?? 0));
  const [first] = wrong;
  if (first === undefined) return [];
  const [held, count] = [there.get(first) ?? 0, told.get(first) ?? 0];
  const what = held < count ? "data is missing" : "data is there that was not recorded";
  const more = wrong.length > 1 ? `, and ${wrong.length - 1} more measures are wrong, too` : "";
  return [
    {
      fact: `${what}: the histogram logs hold ${number(held)} samples of ${first}, and ${number(count)} were recorded${more}`,
      cure: again,
    },
  ];
}

/** Every event that was on time or late has an age; a log that was cut between two lines has fewer. */
function missingAges(generators: GeneratorRecord[], measures: Evidence["measures"]): Reason[] {
  const judged = generators.reduce((sum, { intervals }) => {
    const { onTime = 0, late = 0 } = intervals.at(-1)?.counters ?? {};
    return sum + onTime + late;
  }, 0);
  const aged = measures.summary("event_age")?.count ?? 0;
  if (aged >= judged) return [];
  const number = (value: number) => value.toLocaleString("en-US");
  return [
    {
      fact: `data is missing: ${number(judged)} events were on time or late, and histograms tell the age of ${number(aged)}`,
      cure: again,
    },
  ];
}

/** Indexes that are not there, from 0 until the planned leave. */
function missingIntervals({ intervals }: GeneratorRecord, leaveAtMs: number): number[] {
  const indexes = new Set(intervals.map(({ index }) => index));
  const last = intervals.at(-1);
  const missing: number[] = [];
  for (let index = 0; index < (last?.index ?? 0); index++) if (!indexes.has(index)) missing.push(index);
  if (!last) missing.push(0);
  else if (last.toMs < leaveAtMs - tailMs) missing.push(last.index + 1);
  return missing;
}

function listed(indexes: number[]): string {
  const shown = indexes.slice(0, 5).join(", ");
  return indexes.length > 5 ? `${shown} and ${indexes.length - 5} more` : shown;
}
