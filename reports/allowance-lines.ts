/** What faults were allowed to cost while they lasted, and what they did cost. */
import { formatMs } from "../common/duration.ts";
import type { FaultAllowance } from "../common/experiment.ts";
import type { JudgedFault, JudgedObjective, Verdict } from "../verdict/contract.ts";
import { formatValue } from "../verdict/words.ts";

export interface AllowanceLine {
  fault: string;
  band: string;
  /** `until steady, 15 s at most; steady after 11.1 s`. */
  howLong: string;
  entries: AllowanceEntry[];
}

export interface AllowanceEntry {
  /** The objective's title, or the measure where no objective is about it. */
  title: string;
  allowed: string;
  /** The worst while it was allowed; null: none was measured, or no objective is about it. */
  cost: string | null;
  /** Whether the cost was within it; null without a cost. */
  ok: boolean | null;
}

export function allowanceLines({
  faults,
  objectives,
}: Pick<Verdict, "faults" | "objectives">): AllowanceLine[] {
  return faults.flatMap((fault) =>
    fault.allow === null
      ? []
      : [
          {
            fault: fault.id,
            band: fault.band,
            howLong: howLongOf(fault, fault.allow),
            entries: fault.allow.measures.flatMap((entry) => entriesOf(entry, fault, objectives)),
          },
        ],
  );
}

function howLongOf({ fromMs, toMs, steadyAfterMs }: JudgedFault, { forAtMostMs }: FaultAllowance): string {
  const lasted =
    steadyAfterMs === null
      ? "not steady again in this run"
      : `steady after ${formatMs(toMs - fromMs + steadyAfterMs)}`;
  return `until steady, ${formatMs(forAtMostMs)} at most; ${lasted}`;
}

type Entry = FaultAllowance["measures"][number];

function entriesOf(
  entry: Entry,
  fault: JudgedFault,
  objectives: readonly JudgedObjective[],
): AllowanceEntry[] {
  const allowed = formatValue(entry.target, entry.unit);
  const rows = objectives.filter(
    ({ allowed: row, unit, measure, observed }) =>
      observed !== null &&
      row?.by.includes(fault.id) &&
      row.target === entry.target &&
      unit === entry.unit &&
      baseOf(measure).startsWith(baseOf(entry.measure)),
  );
  if (rows.length === 0) {
    const named = objectives.find(({ measure }) => measure === entry.measure);
    return [{ title: named?.title ?? entry.measure, allowed, cost: null, ok: null }];
  }
  return [...Map.groupBy(rows, ({ id }) => id).values()].map((of) => {
    const { title, op, unit } = of[0]!;
    const observed = of.map((row) => row.observed!);
    const worst = op === "gt" || op === "gte" ? Math.min(...observed) : Math.max(...observed);
    return { title, allowed, cost: formatValue(worst, unit), ok: of.every(({ ok }) => ok) };
  });
}

/** `event_age` of `event_age{class=goal}.p99`: an allowance without labels is one of all. */
const baseOf = (measure: string) => measure.replace(/\.p\d+(\.\d+)?$/, "");
