import { formatMs } from "../common/duration.ts";
import { allowedIn } from "./allowed.ts";
import type { JudgedFault, JudgedObjective } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import { whileClause } from "./fault-clauses.ts";
import { isOfWholeRun } from "./measure-spec.ts";
import { holds, judgeObjective, specOf } from "./objectives.ts";
import type { Judgement } from "./sentence.ts";
import { allowedBy, formatAllowed, formatValue } from "./words.ts";

/** `While Redis was away for 10 s goals came up to 8.3 s late, within the 12 s that redis-down is allowed.` */
export function faultSentence({ objectives, faults, evidence }: Judgement): string {
  const excused = objectives.filter(
    ({ allowed, observed, op, target }) => allowed && observed !== null && !holds(observed, op, target),
  );
  const byFaults = Map.groupBy(excused, ({ allowed }) => allowed!.by.join());
  const sentences = [...byFaults.values()].map((rows) => {
    const by = rows[0]!.allowed!.by;
    const named = faults.filter(({ id }) => by.includes(id));
    return `While ${whileClause(named)} ${listed(gravest(rows).map((row, index) => excuseOf(row, evidence, index === 0)))}.`;
  });
  const quiet = faults.filter(({ id }) => !excused.some(({ allowed }) => allowed!.by.includes(id)));
  for (const [how, those] of Map.groupBy(quiet, (fault) => howTargetsHeld(fault, objectives, evidence))) {
    sentences.push(`While ${whileClause(those)} ${how}.`);
  }
  return sentences.join(" ");
}

/** Of a fault that was allowed nothing which it needed; where another lasted too, targets may be missed within that one's allowance. */
function howTargetsHeld(
  { id }: JudgedFault,
  objectives: readonly JudgedObjective[],
  evidence: Evidence,
): string {
  const stretches = evidence.parts.stretches.filter(({ faults }) => faults.some((fault) => fault.id === id));
  const rows = evidence.plan.budget.objectives
    .filter((objective) => objective.slo?.sliceMs === undefined && !isOfWholeRun(specOf(objective)))
    .flatMap((objective) =>
      judgeObjective(objective, { ...evidence, parts: { ...evidence.parts, stretches } }),
    )
    .filter(({ ok }) => ok !== null);
  // Slices are judged over the whole run, this fault included.
  const slices = objectives.filter(({ id, ok }) => ok !== null && isOfSlices(id, evidence));
  if (rows.length === 0 && slices.length === 0) return "no target was judged";
  const others = rows.flatMap(({ allowed, observed, op, target }) =>
    allowed && !holds(observed!, op, target) ? allowed.by : [],
  );
  return others.length === 0
    ? "every target held"
    : `every target held but for what ${[...new Set(others)].join(" and ")} is allowed`;
}

const isOfSlices = (id: string, { plan }: Evidence) =>
  plan.budget.objectives.some((objective) => objective.id === id && objective.slo?.sliceMs !== undefined);

/** One line for each measure: of its percentiles the highest, which is within the same. */
function gravest(rows: readonly JudgedObjective[]): JudgedObjective[] {
  const byMeasure = Map.groupBy(rows, ({ measure }) => measure.slice(0, measure.lastIndexOf(".")));
  return [...byMeasure.entries()].flatMap(([measure, of]) =>
    measure === "delivery"
      ? of
      : [of.reduce((worst, row) => (row.observed! >= worst.observed! ? row : worst))],
  );
}

/** The first of a sentence says whose allowance it is within. */
function excuseOf(row: JudgedObjective, { parts }: Evidence, isFirst: boolean): string {
  const { measure, title, unit, op, observed } = row;
  const allowed = row.allowed!;
  const most = formatAllowed(allowed.target, row);
  if (unit !== "ms") {
    const what = measure === "delivery.ratio" ? "of what was owed was on time" : `was ${title}`;
    const limit = isFirst ? `, and ${allowedBy(allowed)} allowed ${most}` : ` (${most} allowed)`;
    return `${formatValue(observed!, unit, op)} ${what}${limit}`;
  }
  const spec = specOf(row);
  const name = measure.slice(0, measure.lastIndexOf("."));
  const stretches = parts.stretches.filter(
    (stretch) => allowedIn(stretch, row, spec)?.target === allowed.target,
  );
  const maxMs = (parts.histogram(name, stretches)?.maxValue ?? 0) / 1000;
  const ms = maxMs <= allowed.target ? `up to ${formatMs(maxMs)}` : formatMs(observed!);
  const percentile = maxMs <= allowed.target ? "" : measure.slice(name.length + 1);
  const told = `${verbOf(name, title)} ${ms}${ending(name)}`;
  return isFirst
    ? `${told}${percentile && ` (${percentile})`}, within the ${most} that ${allowedBy(allowed)} allowed`
    : `${told} (${percentile && `${percentile}; `}${most} allowed)`;
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
