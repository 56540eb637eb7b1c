import type { CrowdFinal } from "../common/records.ts";
import type { Evidence } from "./evidence.ts";
import { phaseAt } from "./phases.ts";
import { endsOf } from "./shares.ts";
import type { Reason } from "./trust.ts";
import { countOf, formatCount } from "./words.ts";

const cure = "take the folder from where it was saved, or run it again";

/** Where what the generators count does not add up: to the plan, or with itself. */
export function crowdCounts({ plan, record }: Evidence): Reason[] {
  const strangers = record.generators.filter(({ generator }) => generator >= plan.generators);
  const finals = record.generators.flatMap(({ final }) => (final ? [final] : []));
  const isWhole = strangers.length === 0 && finals.length === plan.generators;
  const facts = [
    ...strangers.map(
      ({ generator }) =>
        `generator ${generator} is not of this run: ${countOf(plan.generators, "was", "were")} planned`,
    ),
    ...(isWhole ? allOf(finals, plan.clients) : []),
    ...finals.flatMap((final) => ofOne(final, plan)),
    ...(isWhole ? [...endsInHistory(finals, record.history)] : []),
    ...record.generators.flatMap(({ generator, intervals }) => {
      const other = intervals.find(({ phase, fromMs }) => phase !== phaseAt(plan.phases, fromMs));
      return other
        ? [
            `interval ${other.index} of generator ${generator} is of phase ${other.phase}, and by the plan of ${phaseAt(plan.phases, other.fromMs)}`,
          ]
        : [];
    }),
  ];
  return facts.map((fact) => ({ fact: `counts do not add up: ${fact}`, cure }));
}

function allOf(finals: readonly CrowdFinal[], clients: number): string[] {
  const planned = sum(finals.map((final) => final.planned));
  return planned === clients
    ? []
    : [`generators tell of ${countOf(planned, "client")}, and ${formatCount(clients)} were planned`];
}

function ofOne(final: CrowdFinal, { crowd, stack }: Evidence["plan"]): string[] {
  const { generator, planned, connected, failed, skipped, counters } = final;
  const facts: string[] = [];
  const who = `generator ${generator}`;
  if (connected + failed + skipped !== planned) {
    facts.push(
      `of ${countOf(planned, "client")} of ${who}, ${formatCount(connected)} came, ${formatCount(failed)} did not, and ${formatCount(skipped)} were never released`,
    );
  }
  if (crowd.journeys && final.journeys) {
    const ended = sum(Object.values(endsOf([final])));
    // None at all is nothing exercised, and told so.
    if (ended > 0 && ended !== planned - skipped) {
      facts.push(
        `${who} tells the end of ${countOf(ended, "journey")}, and ${formatCount(planned - skipped)} were begun`,
      );
    }
  }
  for (const [stream, { cohorts, screens, slowScreens }] of Object.entries(final.streams)) {
    for (const [isSlow, shown] of [
      [false, screens],
      [true, slowScreens],
    ] as const) {
      const clients = sum(cohorts.filter(({ slow }) => slow === isSlow).map((cohort) => cohort.clients));
      const seen = sum(Object.values(shown));
      if (clients !== seen) {
        facts.push(
          `${who} tells the screens of ${formatCount(seen)} of ${countOf(clients, isSlow ? "slow client" : "client")} on ${stream}`,
        );
      }
    }
  }
  // Systems of others number their events again when they like: what comes then is in the counters alone.
  const first = sum(
    Object.values(final.streams).flatMap(({ events }) => events.map(({ onTime, late }) => onTime + late)),
  );
  const counted = counters.onTime + counters.late;
  if (stack !== "target" && !crowd.journeys && first < counted) {
    facts.push(
      `${who} counts ${countOf(counted, "first delivery", "first deliveries")}, and ${formatCount(first)} event by event`,
    );
  }
  return facts;
}

/** Each client that walks has one end in the history. */
function endsInHistory(finals: readonly CrowdFinal[], history: Evidence["record"]["history"]): string[] {
  if (!history) return [];
  const told = history.filter(({ type }) => type === "end").length;
  const ended = sum(Object.values(endsOf(finals)));
  // None at all is nothing exercised, and told so.
  return ended === 0 || told === ended
    ? []
    : [
        `the history tells the end of ${countOf(told, "journey")}, and generators that of ${formatCount(ended)}`,
      ];
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
