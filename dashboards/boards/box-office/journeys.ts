import type { JourneyEnd } from "../../../common/journey.ts";
import { quantileName } from "../../../measurements/metrics.ts";
import type { Query, Row } from "../../model.ts";
import { quantilesOf, rate } from "../../promql.ts";
import { lines } from "../panels.ts";

/** Of each step that anybody took in a second; `all` is every step together. */
const byStep = (measure: string, quantile: string): Query => ({
  expr: `max by (step) (${quantileName(measure)}{step!="all",q="${quantile}"})`,
  legend: "{{step}}",
});

const ends: Record<JourneyEnd, string> = {
  completed: "green",
  rejected: "blue",
  abandoned: "orange",
  failed: "red",
};

/** What buyers have of it, step by step. */
export const journeyRows: Row[] = [
  {
    title: "Journeys",
    height: 9,
    panels: [
      lines(
        "Steps, p50",
        "s",
        "From the instant at which a step was due to its answer, retries included, in each second.",
        [byStep("request", "0.5")],
        { width: 12 },
      ),
      lines("Steps, p99", "s", "The same, of the slowest one in a hundred.", [byStep("request", "0.99")], {
        width: 12,
      }),
    ],
  },
  {
    height: 8,
    panels: [
      lines(
        "Journeys that ended",
        "cps",
        "Per second. Rejected: a right answer that is a no, such as sold out. Abandoned: gave up, or was still waiting in the end. Failed: what must not be.",
        Object.entries(ends).map(([end, colour]) => ({
          expr: `sum(${rate(`matchday_journeys_total{end="${end}"}`)})`,
          legend: end,
          colour,
        })),
      ),
      lines("Whole journeys", "s", "Planned instant to a confirmed booking, of those that ended in it.", [
        ...quantilesOf("journey", ["0.5", "0.95", "0.99"]),
      ]),
      lines(
        "Waits, p99",
        "s",
        "How long buyers waited to be let in, of those let in or sent home in a second.",
        [byStep("wait", "0.99")],
      ),
    ],
  },
];
