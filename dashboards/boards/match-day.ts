import { histogramName } from "../../measurements/metrics.ts";
import type { Board, Mapping, Query, TilesPanel } from "../model.ts";
import { quantilesOf, rate, serviceQuantile, stateOf, targetOf } from "../promql.ts";

const phases = ["arrive", "baseline", "fault", "recovery", "after"] as const;
const phaseMapping: Mapping = {
  0: { text: "–", colour: "transparent" },
  1: { text: "arrive", colour: "blue" },
  2: { text: "baseline", colour: "green" },
  3: { text: "fault", colour: "dark-red" },
  4: { text: "recovery", colour: "orange" },
  5: { text: "after", colour: "purple" },
};
const verdicts = ["pass", "fail", "unknown"] as const;
const verdictMapping: Mapping = {
  0: { text: "to come", colour: "#6e7380" },
  1: { text: "PASS", colour: "green" },
  2: { text: "FAIL", colour: "red" },
  3: { text: "UNKNOWN", colour: "orange" },
};

const onlyWithDisconnects = "nobody may have been disconnected";
const notInEveryMatch = (what: string) => `not every match has ${what}, and not every second`;

const inUnit = {
  seconds: { unit: "s", target: (series: string) => series, suffix: " s" },
  ratio: { unit: "percentunit", target: (series: string) => `round(100 * ${series}, 0.001)`, suffix: " %" },
  count: { unit: "locale", target: (series: string) => series, suffix: "" },
} as const;

const signs = { lt: "<", lte: "≤", gt: ">", gte: "≥", eq: "=" };

/** Objectives of a unit in one state, each with its target in its name: `Connect (p99) < 1 s`. */
function objectives(of: keyof typeof inUnit, state: "met" | "missed"): Query {
  const { unit, target, suffix } = inUnit[of];
  const targets = target(`matchday_objective_target{unit="${of}"}`);
  // The label `target` holds the number, and `sign` what is meant by `op`.
  const told = Object.entries(signs).reduce(
    (series, [op, sign]) => `label_replace(${series}, "sign", "${sign}", "op", "${op}")`,
    `count_values by (objective, title, op) ("target", ${targets})`,
  );
  const ok = `matchday_objective_ok == ${state === "met" ? 1 : 0}`;
  return {
    expr: `(matchday_objective_observed and on (objective) ${ok}) * on (objective) group_left (title, sign, target) ${told}`,
    legend: `{{title}} {{sign}} {{target}}${suffix}`,
    colour: state === "met" ? "green" : "red",
    unit,
    mayBeEmpty: state === "met" ? "every objective may be missed or untested" : "nothing may be missed",
  };
}

const tile = (
  title: string,
  width: number,
  rest: Omit<TilesPanel, "kind" | "title" | "width">,
): TilesPanel => ({
  kind: "tiles",
  title,
  width,
  ...rest,
});

export const matchDay: Board = {
  uid: "matchday-match-day",
  title: "Match day",
  description:
    "What the fans have of it, against what the budget asks: the merged crowd feed, second by second.",
  rows: [
    {
      height: 4,
      panels: [
        tile("Verdict", 4, {
          description: "From saved files, once the run has ended.",
          unit: "none",
          mapping: verdictMapping,
          whileNone: "–",
          queries: [{ expr: stateOf("matchday_verdict", "verdict", verdicts), legend: "verdict" }],
        }),
        tile("Phase", 4, {
          description: "Where the run is.",
          unit: "none",
          mapping: phaseMapping,
          whileNone: "–",
          queries: [{ expr: stateOf("matchday_phase", "phase", phases), legend: "phase" }],
        }),
        tile("Elapsed", 3, {
          description: "Since the start instant.",
          unit: "dthms",
          whileNone: "–",
          queries: [{ expr: "max(matchday_run_elapsed_seconds)", legend: "elapsed" }],
        }),
        tile("Clients open", 4, {
          description: "Streams that are open now.",
          unit: "locale",
          whileNone: "–",
          queries: [{ expr: "sum(matchday_crowd_clients_open)", legend: "open", colour: "blue" }],
        }),
        tile("On time, whole run", 4, {
          description: "Of all that clients are owed by now, faults included; the objective leaves them out.",
          unit: "percentunit",
          whileNone: "–",
          queries: [{ expr: "min(matchday_delivery_ratio)", legend: "on time", colour: "blue" }],
        }),
        tile("Run", 5, {
          description: "What is rehearsed, on which design, and where the stack runs.",
          unit: "none",
          nameOnly: true,
          whileNone: "no run",
          queries: [{ expr: "matchday_run_info", legend: "{{scenario}} · {{design}} · {{stack}}" }],
        }),
      ],
    },
    {
      height: 9,
      panels: [
        tile("Objectives: observed so far, and what the budget asks", 17, {
          description:
            "Green: met. Red: missed. Numbers are the verdict's own, each from the phases that its objective is about: most leave the fault out. What nothing has exercised yet is not shown.",
          unit: "none",
          whileNone: "none is tested yet",
          queries: [
            ...(["seconds", "ratio", "count"] as const).flatMap((unit) => [
              objectives(unit, "missed"),
              objectives(unit, "met"),
            ]),
          ],
        }),
        {
          kind: "bars",
          title: "Error budget used",
          description: "100 % is all of it; a bar that is full or more is an objective missed.",
          width: 7,
          unit: "percentunit",
          max: 1,
          thresholds: { warn: 0.5, bad: 1 },
          queries: [
            {
              expr: "sort_desc(max by (title) (matchday_objective_budget_used_ratio * on (objective) group_left (title) matchday_objective_target))",
              legend: "{{title}}",
            },
          ],
        },
      ],
    },
    {
      height: 3,
      panels: [
        {
          kind: "states",
          title: "Phases",
          description: "The run's phases on the time axis of all that is below.",
          width: 24,
          // Between two runs there is nothing to say.
          mapping: { ...phaseMapping, 0: { text: " ", colour: "transparent" } },
          queries: [{ expr: stateOf("matchday_phase", "phase", phases), legend: "phase" }],
        },
      ],
    },
    {
      height: 9,
      panels: [
        {
          kind: "lines",
          title: "Event age, all classes",
          description: "publishedAt to arrival at the client's kernel, of the events of each second.",
          width: 12,
          unit: "s",
          tracesOf: "scores",
          queries: quantilesOf("event_age", ["0.5", "0.95", "0.99"], { where: 'class="all",' }),
        },
        {
          kind: "heatmap",
          title: "Event age, how the deliveries spread",
          description:
            "Deliveries a second by age: a second hump is a part of the crowd that waits longer than the rest.",
          width: 12,
          unit: "s",
          queries: [
            { expr: `sum by (le) (${rate(`${histogramName("event_age")}_bucket`)})`, legend: "{{le}}" },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          kind: "lines",
          title: "Goals on the screen",
          marks: true,
          description: "Event age of class goal. A goal is one instant: one mark a goal.",
          width: 8,
          unit: "s",
          tracesOf: "scores",
          queries: [
            ...quantilesOf("event_age", ["0.5", "0.95", "0.99"], { where: 'class="goal",' }),
            targetOf("goal-age-p99"),
          ],
        },
        {
          kind: "lines",
          title: "Odds on the screen",
          description: "Event age of class odds.",
          width: 8,
          unit: "s",
          queries: quantilesOf("event_age", ["0.5", "0.95", "0.99"], { where: 'class="odds",' }),
        },
        {
          kind: "lines",
          title: "Cards, corrections and status on the screen (p99)",
          marks: true,
          description: "Event age of the other classes; one mark an event.",
          width: 8,
          unit: "s",
          queries: (["card", "correction", "status"] as const).map((eventClass) => ({
            expr: `max by (class) (matchday_event_age_quantile_seconds{class="${eventClass}",quantile="0.99"})`,
            legend: "{{class}}",
            mayBeEmpty: notInEveryMatch(`a ${eventClass}`),
          })),
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          kind: "lines",
          title: "Stale-odds age",
          description:
            "Age of the quote on a client's screen, sampled four times a second on every client: an outage counts for as long as it lasts.",
          width: 12,
          unit: "s",
          queries: [...quantilesOf("stale_odds_age", ["0.5", "0.99", "1"]), targetOf("stale-odds-age")],
        },
        {
          kind: "lines",
          title: "Share delivered on time",
          description: "Of what clients are owed: in the last seconds, and in the run so far.",
          width: 12,
          unit: "percentunit",
          // A line at 100 % is to be seen.
          max: 1.02,
          queries: [
            {
              expr: `sum(${rate('matchday_deliveries_total{outcome="on_time"}')}) / (sum(${rate("matchday_deliveries_owed_total")}) > 0)`,
              legend: "last seconds",
              colour: "green",
            },
            { expr: "min(matchday_delivery_ratio)", legend: "run so far", colour: "blue" },
            targetOf("delivery-ratio"),
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          kind: "lines",
          title: "Clients planned and open",
          description:
            "Clients whose planned instant has come, and streams that are open: the gap is fans without a stream.",
          width: 12,
          unit: "short",
          queries: [
            { expr: "sum(matchday_crowd_clients_planned)", legend: "planned", colour: "purple", limit: true },
            { expr: "sum(matchday_crowd_clients_open)", legend: "open", colour: "green" },
          ],
        },
        {
          kind: "lines",
          title: "Connections by edge",
          description: "Open streams as each edge counts them.",
          width: 12,
          unit: "short",
          stacked: true,
          tracesOf: "$part",
          queries: [{ expr: 'sum by (part) (matchday_connections{part=~"edge.*"})', legend: "{{part}}" }],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          kind: "lines",
          title: "Connect errors, disconnects and returns",
          description: "Per second, as the clients see it.",
          width: 8,
          unit: "cps",
          queries: [
            {
              expr: `sum(${rate("matchday_crowd_connect_errors_total")})`,
              legend: "connect errors",
              colour: "red",
            },
            {
              expr: `sum(${rate("matchday_crowd_disconnects_total")})`,
              legend: "disconnects",
              colour: "orange",
            },
            { expr: `sum(${rate("matchday_crowd_resumes_total")})`, legend: "came back", colour: "green" },
          ],
        },
        {
          kind: "lines",
          title: "Replays",
          description: "Streams resumed with what they had missed, per second, as the edges count them.",
          width: 8,
          unit: "cps",
          stacked: true,
          tracesOf: "$part",
          queries: [{ expr: `sum by (part) (${rate("matchday_replays_total")})`, legend: "{{part}}" }],
        },
        {
          kind: "lines",
          title: "Back after a disconnect",
          description: "Disconnect to caught up.",
          width: 8,
          unit: "s",
          queries: [
            ...quantilesOf("resume", ["0.5", "0.99"], { mayBeEmpty: onlyWithDisconnects }),
            targetOf("resume"),
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          kind: "lines",
          title: "Queues",
          description: "Events that wait in scores: for PostgreSQL (append queue), and for Redis (outbox).",
          width: 12,
          unit: "short",
          tracesOf: "scores",
          queries: [
            { expr: "sum(matchday_append_queue_events)", legend: "append queue", colour: "orange" },
            { expr: "sum(matchday_outbox_events)", legend: "outbox", colour: "red" },
          ],
        },
        {
          kind: "lines",
          title: "Database writes",
          description: "How long PostgreSQL takes to append, as scores waits for it.",
          width: 12,
          unit: "s",
          tracesOf: "scores",
          queries: [0.5, 0.99].map((quantile) => ({
            expr: serviceQuantile(
              quantile,
              "matchday_dependency_call_duration_seconds",
              "part",
              '{dependency="postgres",call="append"}',
            ),
            legend: `p${quantile * 100}`,
            colour: quantile === 0.5 ? "green" : "orange",
          })),
        },
      ],
    },
  ],
};
