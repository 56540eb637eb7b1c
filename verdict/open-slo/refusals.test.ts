import { expect, test } from "vitest";
import { factsOf, onTime, ratio, sloOf, threshold } from "../testing/slo-text.ts";

const slices = "timeSliceWindow: 1m, timeSliceTarget: 0.9";
const broken: [name: string, text: string, fact: string][] = [
  [
    "target twice",
    sloOf({ objectives: ["{target: 0.9, targetPercent: 90}"] }),
    "12: an objective has a target or a targetPercent, and not both",
  ],
  ["no target", sloOf({ objectives: ["{displayName: mine}"] }), "12: the objective has no target"],
  [
    "a percentage of 100",
    sloOf({ objectives: ["{targetPercent: 100}"] }),
    "12: spec.objectives.0.targetPercent: must be less than 100: what must never happen is an invariant, not an SLO",
  ],
  [
    "a target of nothing",
    sloOf({ objectives: ["{target: 0}"] }),
    "12: spec.objectives.0.target: must be above 0: a share of nothing is always reached",
  ],
  [
    "a value below nothing",
    sloOf({ indicator: threshold("connect"), objectives: ["{op: lt, value: -5, target: 0.9}"] }),
    "12: connect.p90 is never below 0, and -5 is",
  ],
  [
    "a phase of slices",
    sloOf({
      ...{ method: "Timeslices", annotations: { "matchday.dev/phase": "steady" } },
      objectives: [`{target: 0.9, ${slices}}`],
    }),
    "5: slices are judged over the whole run, and not in phase steady",
  ],
  [
    "a phase of what is known for the whole run",
    sloOf({
      annotations: { "matchday.dev/phase": "after" },
      indicator: ratio("good", "clients.connected", "clients.planned"),
    }),
    "5: clients.connectedRatio is judged over the whole run, and not in phase after",
  ],
  [
    "an unknown field",
    sloOf({ objectives: [`{target: 0.9, timeSliceWIndow: 1m}`] }),
    "12: spec.objectives.0.timeSliceWIndow is no field of OpenSLO v1",
  ],
  [
    "an unknown field of the spec",
    sloOf({ more: ["  budgetAdjustments: []"] }),
    "13: spec.budgetAdjustments is no field of OpenSLO v1",
  ],
  [
    "an unknown field beside the spec",
    sloOf({ more: ["status: {}"] }),
    "13: status is no field of OpenSLO v1",
  ],
  [
    "a composite",
    sloOf({ objectives: ["{target: 0.9, compositeWeight: 2}"] }),
    "12: spec.objectives.0.compositeWeight: belongs to a composite SLO, which is not supported: give each part an SLO of its own",
  ],
  [
    "a part of a composite",
    sloOf({ objectives: ["{target: 0.9, indicatorRef: x}"] }),
    "12: spec.objectives.0.indicatorRef: belongs to a composite SLO, which is not supported: give each part an SLO of its own",
  ],
  [
    "a slice of Occurrences",
    sloOf({ objectives: [`{target: 0.9, ${slices}}`] }),
    "12: timeSliceTarget means nothing with Occurrences",
  ],
  [
    "no length of a slice",
    sloOf({ method: "RatioTimeslices" }),
    "12: RatioTimeslices needs a timeSliceWindow",
  ],
  [
    "no target of a slice",
    sloOf({ method: "Timeslices", objectives: ["{target: 0.9, timeSliceWindow: 1m}"] }),
    "12: Timeslices needs a timeSliceTarget",
  ],
  [
    "a slice of half a second",
    sloOf({ method: "RatioTimeslices", objectives: ["{target: 0.9, timeSliceWindow: 500ms}"] }),
    "12: timeSliceWindow 500ms is no length of a slice",
  ],
  [
    "slices of the whole run",
    sloOf({
      indicator: ratio("good", "clients.connected", "clients.planned"),
      method: "Timeslices",
      objectives: [`{target: 0.9, ${slices}}`],
    }),
    "12: clients.connectedRatio is known for the whole run only, and not by slices",
  ],
  [
    "slices of a count",
    sloOf({
      indicator: threshold("delivery.lost"),
      method: "Timeslices",
      objectives: [`{op: lte, value: 0, target: 0.9, ${slices}}`],
    }),
    "12: delivery.lost has no share of good events in a slice",
  ],
  [
    "an unknown method",
    sloOf({ method: "Timeslice" }),
    '10: spec.budgetingMethod: Invalid option: expected one of "Occurrences"|"Timeslices"|"RatioTimeslices"',
  ],
  [
    "two windows",
    sloOf({ window: "[{duration: 1h}, {duration: 2h}]" }),
    "9: spec.timeWindow: must hold exactly one window",
  ],
  [
    "a window of seconds",
    sloOf({ window: "[{duration: 90s}]" }),
    "9: spec.timeWindow.0.duration: must be like 1h or 4w; the least unit is the minute, and shorter windows are phases",
  ],
  [
    "a rolling month",
    sloOf({ window: "[{duration: 1M, isRolling: true}]" }),
    "9: a rolling window of 1M has no length of its own: months and years differ",
  ],
  [
    "a window that does not roll",
    sloOf({ window: "[{duration: 1d, isRolling: false}]" }),
    "9: a window that does not roll needs a calendar",
  ],
  [
    "a rolling calendar",
    sloOf({
      window:
        "[{duration: 1d, isRolling: true, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Etc/UTC}}]",
    }),
    "9: a rolling window has no calendar",
  ],
  [
    "a day that is none",
    sloOf({ window: "[{duration: 1d, calendar: {startTime: 2026-02-30 00:00:00, timeZone: Etc/UTC}}]" }),
    '9: startTime "2026-02-30 00:00:00" is no date and time',
  ],
  [
    "a time zone that is none",
    sloOf({ window: "[{duration: 1d, calendar: {startTime: 2026-02-03 00:00:00, timeZone: Mars/Base}}]" }),
    '9: there is no time zone "Mars/Base"',
  ],
  [
    "a source of others",
    sloOf({ indicator: threshold("up", "prometheus") }),
    "8: a metricSource of type prometheus cannot be asked here",
  ],
  [
    "a source of no type",
    sloOf({ indicator: onTime.replaceAll("type: matchday, ", "") }),
    "8: the metricSource has no type",
  ],
  [
    "a query that is not known",
    sloOf({ indicator: threshold("goal age") }),
    '8: there is no measure "goal age"',
  ],
  [
    "more than a query",
    sloOf({ indicator: onTime.replace("query: delivery.onTime", "query: delivery.onTime, where: here") }),
    "8: a metricSource of type matchday has a query, and no where",
  ],
  [
    "counts that are of different things",
    sloOf({ indicator: ratio("good", "delivery.onTime", "clients.planned") }),
    '8: nothing is known of good "delivery.onTime" in total "clients.planned"',
  ],
  [
    "good and bad",
    sloOf({
      indicator: onTime.replace(
        "good:",
        "bad: {metricSource: {type: matchday, spec: {query: delivery.late}}}, good:",
      ),
    }),
    "8: a ratioMetric has a total, and good or bad",
  ],
  [
    "two metrics",
    sloOf({ indicator: `{${threshold("connect").slice(1, -1)}, ${onTime.slice(1, -1)}}` }),
    "8: an indicator has a thresholdMetric or a ratioMetric, and not both",
  ],
  [
    "a counter that is none",
    sloOf({ indicator: onTime.replace("counter: true", "counter: false") }),
    "8: the counts of a run only grow, and counter is false",
  ],
  [
    "a raw ratio of the other kind",
    sloOf({
      indicator:
        "{ratioMetric: {rawType: failure, raw: {metricSource: {type: matchday, spec: {query: delivery.ratio}}}}}",
    }),
    "8: delivery.ratio is a share of what is good, and rawType is failure",
  ],
  [
    "an annotation that says otherwise",
    sloOf({ annotations: { "matchday.dev/measure": "delivery.lostRatio" } }),
    "5: the annotation's measure is delivery.lostRatio, and the indicator asks for delivery.ratio",
  ],
  [
    "a class that says otherwise",
    sloOf({
      annotations: { "matchday.dev/measure": "event_age{class=odds}" },
      indicator: threshold("event_age{class=goal}"),
      objectives: ["{op: lt, value: 1, target: 0.9}"],
    }),
    "5: the annotation's measure is event_age{class=odds}, and the indicator asks for event_age{class=goal}",
  ],
  [
    "an SLI that is not there",
    sloOf().replace(/indicator:.*/, "indicatorRef: elsewhere"),
    '8: there is no SLI "elsewhere" in this file',
  ],
  [
    "an indicator twice",
    sloOf({ more: ["  indicatorRef: elsewhere"] }),
    "13: an SLO has an indicator or an indicatorRef, and not both",
  ],
  [
    "a ratio that is to be low",
    sloOf({ objectives: ["{op: lt, target: 0.9}"] }),
    "12: delivery.ratio with op lt asks for what is bad",
  ],
  [
    "a value beside the target of a ratio",
    sloOf({ objectives: ["{op: gte, value: 0.95, target: 0.9}"] }),
    "12: a share of 0.9 good is delivery.ratio 0.9, and the objective says 0.95",
  ],
  [
    "a bound that is not the target",
    sloOf({
      indicator: threshold("journeys.failedRatio"),
      objectives: ["{op: lte, value: 0.05, target: 0.9}"],
    }),
    "12: a share of 0.9 good is journeys.failedRatio 0.1, and the objective says 0.05",
  ],
  [
    "a percentile from the wrong end",
    sloOf({ indicator: threshold("connect.p99"), objectives: ["{op: gt, value: 5, target: 0.99}"] }),
    "12: connect.p99 is a share of 0.01, and the objective's target is 0.99",
  ],
  [
    "a tag that nobody reads",
    sloOf().replace("service: mine", "service: !env SERVICE"),
    "7: Unresolved tag: !env",
  ],
  [
    "an alias of nothing",
    sloOf().replace("service: mine", "service: *elsewhere"),
    '7: there is no anchor "elsewhere" before this',
  ],
  [
    "an annotation on an indicator",
    sloOf().replace(
      "indicator: {",
      'indicator: {metadata: {name: x, annotations: {matchday.dev/measure: "connect"}}, ',
    ),
    "8: there is no annotation matchday.dev/measure here",
  ],
];

test.each(broken)("%s is refused with its line", (_, text, fact) => {
  expect(factsOf(text)).toEqual([`mine.yaml:${fact}`]);
});
