/**
 * Alerts on harm to users, in windows of seconds. Limits are the budget's own (`matchday_objective_target`), so that an
 * alert and a verdict never mean two different things, and without a run nothing fires.
 */

import { failedCharges, failedPayments } from "../presale-promql.ts";
import { burnRate, titled } from "../promql.ts";

export interface AlertRule {
  alert: string;
  expr: string;
  /** How long it must hold; a blip of one second is none. */
  for: string;
  severity: "page" | "ticket" | "distrust";
  summary: string;
  description: string;
  /** What to look at, and what to do. */
  remedy: string;
}

const target = (objective: string) => `max(matchday_objective_target{objective="${objective}"})`;

/**
 * An SLO's error budget burns at `factor` times what it can bear, over a long window, and still does, over a short one.
 * Factors are those of the SRE Workbook (chapter 5, "Multiwindow, Multi-Burn-Rate Alerts"); its windows of an hour and of
 * six, made for a month, become half a minute and two minutes, for a match. SLOs that ask for less than 93 % good events cannot
 * burn so fast: the first factor asks for more than all of them to be bad.
 */
const burns = (factor: number, long: string, short: string) =>
  `${titled(burnRate(long))} > ${factor} and on (objective) ${burnRate(short)} > ${factor}`;

const connectErrors = "sum(rate(matchday_crowd_connect_errors_total[10s]))";
const accepted =
  "sum(rate(matchday_connect_seconds_count[10s])) + sum(rate(matchday_crowd_reconnects_total[10s]))";

export const fanRules: readonly AlertRule[] = [
  {
    alert: "StaleOdds",
    expr: `max(matchday_stale_odds_age_quantile_seconds{q="0.99"}) > ${target("stale-odds-age")}`,
    for: "2s",
    severity: "page",
    summary: "Fans see odds that are {{ $value | humanizeDuration }} old",
    description: "1 % of the quotes on the clients' screens are older than the budget allows.",
    remedy:
      "See on Match day whether clients are open. If they are, follow the feed on Stack: vendor, queues of scores, Redis, edges. Suspend betting where quotes cannot be trusted.",
  },
  {
    alert: "GoalsLate",
    expr: `max(max_over_time(matchday_event_age_quantile_seconds{class="goal",q="0.99"}[10s])) > ${target("goal-age-p99")}`,
    for: "0s",
    severity: "page",
    summary: "A goal took {{ $value | humanizeDuration }} to the last of the screens",
    description: "p99 of the age at which a goal of the last 10 s arrived is above what the budget allows.",
    remedy:
      "A second hump in the heatmap of Match day is one edge or one leg; all of it late is scores or Redis. See Fan-out on Stack: sweeps that grow with the crowd ask for more edges.",
  },
  {
    alert: "DeliveryRatioMissed",
    expr: `min(matchday_delivery_ratio) < ${target("delivery-ratio")}`,
    for: "5s",
    severity: "ticket",
    summary: "Only {{ $value | humanizePercentage }} of what clients are owed came on time",
    description: "The share of the run so far is below the objective.",
    remedy: "Find on Match day when it fell, and what was at fault then: the red bands are injected faults.",
  },
  {
    alert: "ConnectFailures",
    expr: `${connectErrors} / (${connectErrors} + ${accepted}) > 0.01`,
    for: "2s",
    severity: "page",
    summary: "{{ $value | humanizePercentage }} of the attempts to connect fail",
    description: "More than 1 % of the attempts of the last 10 s ended without an accepted stream.",
    remedy:
      "See on Stack whether all edges answer, and their event-loop lag. Edges that are up and refuse have run out of files or of ports.",
  },
  {
    alert: "FansWithoutStream",
    // Who has come to the end of a journey needs no stream any more.
    expr: "1 - (sum(matchday_crowd_clients_open) + (sum(matchday_journeys_total) or vector(0))) / (sum(matchday_crowd_clients_planned) > 0) > 0.01",
    for: "3s",
    severity: "page",
    summary: "{{ $value | humanizePercentage }} of the fans have no stream",
    description: "More than 1 % of the clients that should be there are not connected.",
    remedy:
      "An edge that has gone takes its clients with it: they come back to the others, if these have room. See connections by edge.",
  },
];

export const budgetRules: readonly AlertRule[] = [
  {
    alert: "ErrorBudgetBurnsFast",
    expr: burns(14.4, "30s", "5s"),
    for: "1s",
    severity: "page",
    summary:
      "{{ $labels.title }}: its error budget burns {{ $value | humanize }} times as fast as it can bear",
    description: "More than 14.4 times, over 30 s and over 5 s.",
    remedy:
      "Something has broken now. See which parts answer, on Stack, and queues and connections on Match day; heal, or shed load.",
  },
  {
    alert: "ErrorBudgetBurns",
    expr: burns(6, "2m", "15s"),
    for: "5s",
    severity: "ticket",
    summary:
      "{{ $labels.title }}: for two minutes its error budget has burned {{ $value | humanize }} times as fast as it can bear",
    description: "More than 6 times, over 2 min and over 15 s.",
    remedy: "A slow leak: slow clients, one edge, or a class of events. Compare the classes and the edges.",
  },
  {
    alert: "ErrorBudgetSpent",
    expr: `${titled("matchday_objective_budget_used_ratio")} > 1`,
    for: "2s",
    severity: "ticket",
    summary:
      "{{ $labels.title }}: this run alone has used {{ $value | humanizePercentage }} of its error budget",
    description:
      "What was bad in the whole run so far is more than the SLO's window allows at this traffic. What a fault is allowed changes nothing of it.",
    remedy:
      "See on Match day when it burned. Either such a fault has to cost less, or the SLO promises more than the stack can keep.",
  },
];

/** A payment in three fails where one in twenty may: the provider is away. */
const paymentsBurn = 6;

export const buyerRules: readonly AlertRule[] = [
  {
    alert: "QueueStands",
    // The edges count who waits: they do so too when the one that lets in is away.
    expr: 'sum(matchday_waiting_here) > 0 and on () max(matchday_seats{state="free"}) > 0 unless on () sum(rate(matchday_admitted_total[10s])) > 0',
    for: "3s",
    severity: "page",
    summary: "Nobody is let in: {{ $value | humanize }} buyers wait, and seats are free",
    description: "For 10 s nobody of those who wait was let in, while there are seats to sell.",
    remedy:
      "See on Stack whether admission and Redis answer. If they do, the log of admission says why it lets nobody in. Places are in Redis: a restart of admission loses none.",
  },
  {
    alert: "PaymentsFail",
    expr: `${failedPayments("10s")} > ${paymentsBurn} * ${target("payments-failed")} and ${failedCharges("10s")} >= 3`,
    for: "2s",
    severity: "page",
    summary: "{{ $value | humanizePercentage }} of the payments fail",
    description: `Charges of the last 10 s failed at more than ${paymentsBurn} times what the budget allows: without an answer, or held back. Declined cards do not count.`,
    remedy:
      "See on Box office whether nobody answers, and whether the breaker is open. Pending bookings are driven on by themselves once the provider is back; let in fewer until then.",
  },
  {
    alert: "PositionStale",
    expr: `max(matchday_position_age_quantile_seconds{q="0.99"}) > ${target("position-age")}`,
    for: "2s",
    severity: "ticket",
    summary: "Buyers are told a place in the queue that is {{ $value | humanizeDuration }} old",
    description: "p99 of the age of a position at its arrival is above what the budget allows.",
    remedy:
      "Old at all edges: Redis is away from them. At one: its event-loop lag and write backlog on Stack. Places are kept meanwhile.",
  },
  {
    alert: "SeatsIndeterminate",
    expr: "max(matchday_seats_indeterminate) > 0",
    for: "2s",
    severity: "page",
    summary: "{{ $value | humanize }} seats are lost",
    description: "They are neither free, nor held by a hold that will end, nor sold: nobody can buy them.",
    remedy:
      "The log of the box office that surveys names them. They do not come back by themselves: find their last hold in its traces.",
  },
];

/** Of the quotes that are due, as in the verdict: more than this, and the oldest may be those that were not looked at. */
const skippedShare = 0.01;
/** How often a quote is sampled on each client (`stale_odds_age` in the catalogue of measures). */
const samplesPerSecond = 4;

export const instrumentRules: readonly AlertRule[] = [
  {
    alert: "GeneratorSaturated",
    expr: `sum(rate(matchday_generator_quote_samples_skipped_total[10s])) > ${skippedShare * samplesPerSecond} * sum(matchday_crowd_clients_open)`,
    for: "3s",
    severity: "distrust",
    summary: "The load generators are saturated: this run cannot be trusted",
    description: "More than 1 % of the quote samples are not taken in time.",
    remedy: "Use fewer clients, or a second machine for the generators. See CPU on Crowd.",
  },
  {
    // A tenth of an arrival window of 5 s: the verdict knows the window of the run, Prometheus does not.
    alert: "GeneratorLate",
    expr: 'max(max_over_time(matchday_release_lag_quantile_seconds{q="0.99"}[5s])) > 0.5',
    for: "1s",
    severity: "distrust",
    summary: "The load is not offered as planned: requests go out {{ $value | humanizeDuration }} late",
    description: "p99 of the release lag is above a tenth of an arrival window of 5 s.",
    remedy: "Use fewer clients, a longer arrival, or a second machine for the generators.",
  },
];

export const alertRules = [...fanRules, ...budgetRules, ...buyerRules, ...instrumentRules];
