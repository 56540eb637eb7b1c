import { histogramName } from "../../measurements/metrics.ts";
import type { Board } from "../model.ts";
import { quantilesOf, rate, serviceQuantile, targetOf } from "../promql.ts";
import { tile } from "./panels.ts";
import {
  budgetRow,
  clientsTile,
  elapsedTile,
  objectivesRow,
  phasesRow,
  phaseTile,
  runTile,
  sentenceRow,
  verdictTile,
} from "./run.ts";

const onlyWithDisconnects = "nobody may have been disconnected";
const notInEveryMatch = (what: string) => `not every match has ${what}, and not every second`;

export const matchDay: Board = {
  uid: "matchday-match-day",
  title: "Match day",
  description:
    "What the fans have of it, against what the budget asks: the merged crowd feed, second by second.",
  tracesOf: "scores",
  rows: [
    {
      height: 4,
      panels: [
        verdictTile(4),
        phaseTile(4),
        elapsedTile(3),
        clientsTile(4),
        tile("On time, whole run", 4, {
          description:
            "Of all that clients are owed by now, in all phases together. The objective is judged phase by phase, and while a fault lasts by what that is allowed: see the table below.",
          unit: "percentunit",
          whileNone: "–",
          queries: [{ expr: "min(matchday_delivery_ratio)", legend: "on time", colour: "blue" }],
          system: "live-scores",
        }),
        runTile(5),
      ],
    },
    sentenceRow,
    objectivesRow(12),
    budgetRow,
    phasesRow,
    {
      height: 9,
      panels: [
        {
          kind: "lines",
          title: "Event age, all classes",
          system: "live-scores",
          description: "publishedAt to arrival at the client's kernel, of the events of each second.",
          width: 12,
          unit: "s",
          tracesOf: "scores",
          queries: quantilesOf("event_age", ["0.5", "0.95", "0.99"], { where: 'class="all",' }),
        },
        {
          kind: "heatmap",
          title: "Event age, how the deliveries spread",
          system: "live-scores",
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
          system: "live-scores",
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
          system: "live-scores",
          description: "Event age of class odds.",
          width: 8,
          unit: "s",
          queries: quantilesOf("event_age", ["0.5", "0.95", "0.99"], { where: 'class="odds",' }),
        },
        {
          kind: "lines",
          title: "Cards, corrections and status on the screen (p99)",
          system: "live-scores",
          marks: true,
          description: "Event age of the other classes; one mark an event.",
          width: 8,
          unit: "s",
          queries: (["card", "correction", "status"] as const).map((eventClass) => ({
            expr: `max by (class) (matchday_event_age_quantile_seconds{class="${eventClass}",q="0.99"})`,
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
          system: "live-scores",
          description:
            "Age of the quote on a client's screen, sampled four times a second on every client: an outage counts for as long as it lasts.",
          width: 12,
          unit: "s",
          queries: [...quantilesOf("stale_odds_age", ["0.5", "0.99", "1"]), targetOf("stale-odds-age")],
        },
        {
          kind: "lines",
          title: "Share delivered on time",
          system: "live-scores",
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
            { expr: `sum(${rate("matchday_crowd_reconnects_total")})`, legend: "came back", colour: "green" },
          ],
        },
        {
          kind: "lines",
          title: "Replays",
          system: "live-scores",
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
          system: "live-scores",
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
          system: "live-scores",
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
          system: "live-scores",
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
