/** What faults were allowed to cost while they lasted, and what they did cost. */
import { formatMs } from "../common/duration.ts";
import type { FaultAllowance } from "../common/experiment.ts";
import type { JudgedFault, JudgedObjective, Verdict } from "../verdict/contract.ts";
import { eventShareOf } from "../verdict/event-shares.ts";
import { formatAllowed, formatValue } from "../verdict/words.ts";

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
  /** The worst while it was allowed; null: see `because`. */
  cost: string | null;
  /** Why there is no cost: `nothing measured`, `redis-down is allowed more`. */
  because?: string;
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

function howLongOf(
  { fromMs, toMs, steadyAfterMs, injected, healed }: JudgedFault,
  { forAtMostMs }: FaultAllowance,
): string {
  const atMost = `until steady, ${formatMs(forAtMostMs)} at most`;
  if (!injected) return `${atMost}; not injected in this run`;
  if (steadyAfterMs !== null) return `${atMost}; steady after ${formatMs(toMs - fromMs + steadyAfterMs)}`;
  return `${atMost}; not ${healed ? "steady again" : "healed"} in this run`;
}

type Entry = FaultAllowance["measures"][number];

function entriesOf(
  entry: Entry,
  fault: JudgedFault,
  objectives: readonly JudgedObjective[],
): AllowanceEntry[] {
  const allowed = formatAllowed(entry.target, {
    unit: entry.unit,
    op: isLeast(entry.measure) ? "gte" : "lte",
  });
  const meant = objectives.filter(
    ({ phase, unit, measure, observed }) =>
      observed !== null && phase === "fault" && unit === entry.unit && covers(entry.measure, measure),
  );
  const rows = meant.filter(({ allowed: row }) => row?.by.includes(fault.id) && row.target === entry.target);
  if (rows.length === 0) {
    const named = objectives.filter(({ measure }) => covers(entry.measure, measure));
    const because = whyNone(entry, fault, { meant, named });
    return [{ title: named[0]?.title ?? entry.measure, allowed, cost: null, because, ok: null }];
  }
  return [...Map.groupBy(rows, ({ id }) => id).values()].map((of) => {
    const { title, op, unit } = of[0]!;
    const observed = of.map((row) => row.observed!);
    const worst = op === "gt" || op === "gte" ? Math.min(...observed) : Math.max(...observed);
    return {
      title,
      allowed: formatAllowed(of[0]!.allowed!.target, { unit, op }),
      cost: formatValue(worst, unit, op),
      ok: of.every(({ ok }) => ok),
    };
  });
}

/** Why a fault's allowance was not what held. */
function whyNone(
  entry: Entry,
  fault: JudgedFault,
  { meant, named }: { meant: readonly JudgedObjective[]; named: readonly JudgedObjective[] },
): string {
  const [first] = named;
  if (!first) return "no objective is about it";
  if (!fault.injected) return "not injected";
  if (named.every(({ phase }) => phase === "all")) return "no slice is excused";
  if (meant.length === 0) return "nothing measured meanwhile";
  if (!isWider(entry.target, meant[0]!)) return "its target allows as much";
  const wider = meant.flatMap(({ allowed }) =>
    allowed && isWider(allowed.target, { ...meant[0]!, target: entry.target }) ? allowed.by : [],
  );
  if (wider.length > 0) return `${[...new Set(wider)].join(" and ")} is allowed more`;
  return fault.allow !== null && meant.some(({ ok }) => ok === false)
    ? `over after ${formatMs(fault.allow.forAtMostMs)}`
    : "nothing measured meanwhile";
}

const isWider = (target: number, { target: than, op }: JudgedObjective) =>
  op === "gt" || op === "gte" ? target < than : target > than;

/** An allowance of a latency is one of all its labels and percentiles; one of deliveries, of that field alone. */
function covers(allowed: string, measure: string): boolean {
  if (allowed.startsWith("delivery.")) {
    const others = allowed === "delivery.ratio" ? ["delivery.lateRatio", "delivery.notLateRatio"] : [];
    return [allowed, ...others].includes(measure);
  }
  const [base, of] = [allowed, measure].map((text) => text.replace(/\.(p\d+|max)$/, "")) as [string, string];
  return of === base || of.startsWith(`${base}{`);
}

/** Of what is good there may be so little; of all else so much. */
const isLeast = (measure: string) => eventShareOf(measure)?.counts === "good";
