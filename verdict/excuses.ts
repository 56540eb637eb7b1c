import { formatMs } from "../common/duration.ts";
import type { JudgedObjective } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import { whileClause } from "./fault-clauses.ts";
import { holds } from "./objectives.ts";
import type { Judgement } from "./sentence.ts";
import { formatValue } from "./words.ts";

/** `While Redis was away for 10 s goals came up to 8.3 s late, within the 12 s that redis-down is allowed.` */
export function faultSentence({ objectives, faults, evidence }: Judgement): string {
  const excused = objectives.filter(
    ({ allowed, observed, op, target }) => allowed && observed !== null && !holds(observed, op, target),
  );
  const byFaults = Map.groupBy(excused, ({ allowed }) => allowed!.by.join());
  const sentences = [...byFaults.values()].map((rows) => {
    const by = rows[0]!.allowed!.by;
    const named = faults.filter(({ id }) => by.includes(id));
    return `While ${whileClause(named)} ${listed(gravest(rows).map((row) => excuseOf(row, evidence)))}.`;
  });
  const quiet = faults.filter(({ id }) => !excused.some(({ allowed }) => allowed!.by.includes(id)));
  if (quiet.length > 0) sentences.push(`While ${whileClause(quiet)} every target held.`);
  return sentences.join(" ");
}

/** One line for each measure: of its percentiles the highest, which is within the same. */
function gravest(rows: readonly JudgedObjective[]): JudgedObjective[] {
  const byMeasure = Map.groupBy(rows, ({ measure }) => measure.slice(0, measure.lastIndexOf(".")));
  return [...byMeasure.entries()].flatMap(([measure, of]) =>
    measure === "delivery"
      ? of
      : [of.reduce((worst, row) => (row.observed! >= worst.observed! ? row : worst))],
  );
}

function excuseOf(row: JudgedObjective, { parts }: Evidence): string {
  const { measure, unit, observed, allowed } = row;
  const within = `within the ${formatValue(allowed!.target, unit)} that ${allowed!.by.join(" and ")} is allowed`;
  if (unit !== "ms") {
    const what = measure === "delivery.ratio" ? "of what was owed was on time" : `was ${row.title}`;
    const most = unit === "ratio" && (row.op === "gt" || row.op === "gte") ? "where" : "and";
    return `${formatValue(observed!, unit)} ${what}, ${most} ${allowed!.by.join(" and ")} is allowed ${formatValue(allowed!.target, unit)}`;
  }
  const name = measure.slice(0, measure.lastIndexOf("."));
  const stretches = parts.stretches.filter(({ allowing }) =>
    allowing.some(({ id }) => allowed!.by.includes(id)),
  );
  const maxMs = (parts.histogram(name, stretches)?.maxValue ?? 0) / 1000;
  const percentile = measure.slice(name.length + 1);
  return maxMs <= allowed!.target
    ? `${verbOf(name, row.title)} up to ${formatMs(maxMs)}${ending(name)}, ${within}`
    : `${verbOf(name, row.title)} ${formatMs(observed!)}${ending(name)} (${percentile}), ${within}`;
}

/** A measure as the subject of a sentence: `goals came`, `the odds shown were`. */
function verbOf(name: string, title: string): string {
  const eventClass = /^event_age\{class=(.+)\}$/.exec(name)?.[1];
  if (eventClass !== undefined) return `${eventClass === "odds" ? eventClass : `${eventClass}s`} came`;
  const subjects: Readonly<Record<string, string>> = {
    event_age: "events came",
    stale_odds_age: "the odds shown were",
    position_age: "the positions shown were",
  };
  return subjects[name] ?? `“${title.replace(/ \(p\d+\)$/, "")}” took`;
}

const ending = (name: string) =>
  name.startsWith("event_age") ? " late" : name.endsWith("_age") ? " old" : "";

function listed(clauses: readonly string[]): string {
  return clauses.length < 2 ? clauses.join() : `${clauses.slice(0, -1).join("; ")}; and ${clauses.at(-1)}`;
}
