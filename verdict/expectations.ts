import { formatMs } from "../common/duration.ts";
import type { Expectation } from "../common/experiment.ts";
import { bandsOf, companyOf } from "./blame.ts";
import type { JudgedFault } from "./contract.ts";
import type { Evidence } from "./evidence.ts";
import type { FaultTimes } from "./fault-times.ts";
import type { Span } from "./stretches.ts";
import { formatCount, formatRatio } from "./words.ts";

interface JudgedTimes extends FaultTimes {
  steadyAfterMs: number | null;
}

type Judged = Pick<JudgedFault["expectations"][number], "ok" | "observed">;

/**
 * What was expected of a fault. Where others are active too, what holds holds all the more; what breaks is its own doing only
 * if it also breaks where the fault is alone, and is not judged where it never is.
 */
export function judgeExpectation(expectation: Expectation, fault: JudgedTimes, evidence: Evidence): Judged {
  switch (expectation.id) {
    case "clients-stay-connected":
      return stayConnected(expectation.share, fault, evidence);
    case "nothing-lost":
      return nothingLost(fault, evidence);
    case "steady-within":
      return steadyWithin(expectation.ms, fault, evidence);
  }
}

function stayConnected(expected: number, { planned, fromMs, toMs }: JudgedTimes, evidence: Evidence): Judged {
  const during = evidence.seconds
    .filter((second) => second.toMs > fromMs && second.fromMs < toMs && second.underWay > 0)
    .map((second) => ({ ...spanOf(second), share: Math.min(1, second.open / second.underWay) }));
  if (during.length === 0) return { ok: null, observed: "no second was recorded" };
  const holds = ({ share }: { share: number }) => share >= expected;
  const told = ({ share, toMs: atMs }: (typeof during)[number]) =>
    `${formatRatio(share)} at worst, at ${formatMs(atMs)}; expected ${formatRatio(expected)}`;
  const worst = (of: typeof during) => of.reduce((known, next) => (next.share < known.share ? next : known));
  const { alone, company } = aloneAndWith(planned.id, during, evidence);
  const isExplained = isFree("clients-stay-connected", company, evidence);
  return inCompany({ alone, all: during, company, isExplained, ok: holds, worst, told });
}

function nothingLost({ planned, fromMs, toMs, steadyAfterMs }: JudgedTimes, evidence: Evidence): Judged {
  // What was published while clients came back is the fault's doing, too.
  const until = steadyAfterMs === null ? Number.POSITIVE_INFINITY : toMs + steadyAfterMs;
  const events = evidence.delivery.events
    // What was on its way when the fault began could be lost by it, too.
    .filter(({ owed, atMs }) => owed.toMs > fromMs && atMs <= until)
    .map((event) => ({ fromMs: event.atMs, toMs: event.atMs + 1, lost: event.lost, owed: event.expected }));
  const sum = (of: typeof events) => ({
    ...{ fromMs, toMs },
    lost: of.reduce((total, { lost }) => total + lost, 0),
    owed: of.reduce((total, { owed }) => total + owed, 0),
  });
  if (sum(events).owed === 0) return { ok: null, observed: "nothing was owed" };
  const told = ({ lost, owed }: (typeof events)[number]) =>
    `${formatCount(lost)} lost of ${formatCount(owed)} owed`;
  const { alone, company } = aloneAndWith(planned.id, events, evidence);
  const isExplained = isFree("nothing-lost", company, evidence);
  return inCompany({
    alone,
    all: events,
    company,
    isExplained,
    ok: ({ lost }) => lost === 0,
    worst: sum,
    told,
  });
}

function steadyWithin(ms: number, fault: JudgedTimes, { steadyState, disturbances }: Evidence): Judged {
  const { planned, healed, toMs, steadyAfterMs } = fault;
  const limit = formatMs(ms);
  if (!healed) return { ok: null, observed: "the fault was not healed" };
  if (!steadyState.hasBaseline) return { ok: null, observed: "no second of a baseline says what steady is" };
  const company = companyOf(planned.id, { fromMs: toMs, toMs: toMs + ms }, disturbances);
  const notAlone = `expected within ${limit}, in which ${bandsOf(company)} lasted too`;
  if (steadyAfterMs !== null) {
    const observed = `steady ${formatMs(steadyAfterMs)} after the heal`;
    if (steadyAfterMs <= ms) return { ok: true, observed: `${observed}; expected within ${limit}` };
    return company.length > 0
      ? { ok: null, observed: `${observed}; ${notAlone}` }
      : { ok: false, observed: `${observed}; expected within ${limit}` };
  }
  if (!steadyState.couldSee(toMs, ms)) {
    return { ok: null, observed: `the run ended less than ${limit} after the heal` };
  }
  const observed = "not steady until the end of the run";
  return company.length > 0
    ? { ok: null, observed: `${observed}; ${notAlone}` }
    : { ok: false, observed: `${observed}; expected within ${limit}` };
}

/** Whether any of these faults is not expected to keep to the same. */
const isFree = (expectation: Expectation["id"], company: readonly { id: string }[], { plan }: Evidence) =>
  company.some(
    ({ id }) => !plan.faults.find((fault) => fault.id === id)?.expect.some((each) => each.id === expectation),
  );

const spanOf = ({ fromMs, toMs }: Span): Span => ({ fromMs, toMs });

function aloneAndWith<Part extends Span>(id: string, parts: readonly Part[], { disturbances }: Evidence) {
  const isAlone = (part: Part) => companyOf(id, part, disturbances).length === 0;
  const inCompanyOf = new Set(parts.flatMap((part) => companyOf(id, part, disturbances)));
  return { alone: parts.filter(isAlone), company: [...inCompanyOf] };
}

interface Comparison<Part> {
  alone: readonly Part[];
  all: readonly Part[];
  company: Parameters<typeof bandsOf>[0];
  /** Whether one of the company is free to break it. */
  isExplained: boolean;
  ok: (part: Part) => boolean;
  worst: (parts: Part[]) => Part;
  told: (part: Part) => string;
}

function inCompany<Part>({ alone, all, company, isExplained, ok, worst, told }: Comparison<Part>): Judged {
  const overall = worst([...all]);
  if (ok(overall)) return { ok: true, observed: told(overall) };
  const meanwhile = `while ${bandsOf(company)} lasted too`;
  if (alone.length === 0) return { ok: null, observed: `${told(overall)}; not judged, ${meanwhile}` };
  const own = worst([...alone]);
  if (!ok(own)) return { ok: false, observed: told(own) };
  // Others that are expected to keep to it, too, do not explain it.
  return { ok: isExplained ? true : null, observed: `${told(own)}; less ${meanwhile}` };
}
