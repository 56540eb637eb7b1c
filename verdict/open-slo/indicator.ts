import { eventShareOf, isCount, measureOfCounts, validCounts } from "../event-shares.ts";
import { parseMeasureSpec, validMeasures } from "../measure-spec.ts";
import type { Metric, SliSpec } from "./schema.ts";
import type { Path } from "./source.ts";

/** Why an indicator cannot be judged; `at` is a path within its spec. */
export interface IndicatorRefusal {
  fact: string;
  remedy: string;
  at: Path;
}

/** What an indicator says of the measure, by itself. */
export type Indicated =
  | { measure: string }
  /** Nothing that is known here: free text, or a source of others. An annotation has to name the measure. */
  | { unknown: IndicatorRefusal }
  /** Wrong, whatever an annotation says. */
  | { wrong: IndicatorRefusal };

/** The `type` of a `metricSource` that names measures of this product in its query. */
const ownType = "matchday";

const annotate = `annotate the SLO with matchday.dev/measure, or give it a metricSource of type ${ownType}`;

/** @param typeOf the type of a DataSource of the same file, by its name */
export function readIndicator(
  { thresholdMetric, ratioMetric }: SliSpec,
  typeOf: (dataSource: string) => string | undefined,
): Indicated {
  if (thresholdMetric && ratioMetric) {
    return wrong("an indicator has a thresholdMetric or a ratioMetric, and not both", "leave one out", [
      "ratioMetric",
    ]);
  }
  const queryAt = (metric: Metric, path: Path) => readQuery(metric, [...path, "metricSource"], typeOf);
  if (thresholdMetric) {
    const query = queryAt(thresholdMetric, ["thresholdMetric"]);
    if (typeof query !== "string") return query;
    // A share of good events, 0.99, makes `connect` a percentile.
    const isKnown = parseMeasureSpec(query) ?? parseMeasureSpec(`${query}.p99`);
    return isKnown
      ? { measure: query }
      : unknown(`there is no measure "${query}"`, validMeasures(), queryPath("thresholdMetric"));
  }
  if (!ratioMetric) {
    return wrong("an indicator needs a thresholdMetric or a ratioMetric", "give it one of them", []);
  }
  const { good, bad, total, raw, rawType, counter } = ratioMetric;
  if (raw) {
    if (good || bad || total || !rawType) {
      return wrong("raw goes with a rawType, and without good, bad and total", "give either raw or counts", [
        "ratioMetric",
        "raw",
      ]);
    }
    const query = queryAt(raw, ["ratioMetric", "raw"]);
    if (typeof query !== "string") return query;
    const counts = rawType === "success" ? "good" : "bad";
    const share = eventShareOf(query);
    if (share && share.counts !== counts) {
      return wrong(
        `${query} is a share of what is ${share.counts}, and rawType is ${rawType}`,
        `say rawType: ${rawType === "success" ? "failure" : "success"}`,
        ["ratioMetric", "rawType"],
      );
    }
    return share
      ? { measure: query }
      : unknown(
          `"${query}" is no share of events`,
          `ask for ${validCounts()}`,
          queryPath("ratioMetric", "raw"),
        );
  }
  if (!total || Boolean(good) === Boolean(bad)) {
    return wrong("a ratioMetric has a total, and good or bad", "give total, and one of the two", [
      "ratioMetric",
    ]);
  }
  const part = good ? "good" : "bad";
  const counted = queryAt((good ?? bad)!, ["ratioMetric", part]);
  if (typeof counted !== "string") return counted;
  const all = queryAt(total, ["ratioMetric", "total"]);
  if (typeof all !== "string") return all;
  const measure = measureOfCounts({ [part]: counted, total: all });
  if (measure === undefined) {
    const both = isCount(counted) && isCount(all);
    const refusal = refusalOf(
      `nothing is known of ${part} "${counted}" in total "${all}"`,
      `ask for ${validCounts()}`,
      queryPath("ratioMetric", part),
    );
    return both ? { wrong: refusal } : { unknown: refusal };
  }
  if (counter === false) {
    return wrong("the counts of a run only grow, and counter is false", "say counter: true", [
      "ratioMetric",
      "counter",
    ]);
  }
  return { measure };
}

const queryPath = (...metric: string[]): Path => [...metric, "metricSource", "spec", "query"];
const refusalOf = (fact: string, remedy: string, at: Path): IndicatorRefusal => ({ fact, remedy, at });
const wrong = (...refusal: Parameters<typeof refusalOf>) => ({ wrong: refusalOf(...refusal) });
const unknown = (...refusal: Parameters<typeof refusalOf>) => ({ unknown: refusalOf(...refusal) });

/** The query of a metric of ours. */
function readQuery(
  { metricSource: { type, metricSourceRef, spec } }: Metric,
  path: Path,
  typeOf: (dataSource: string) => string | undefined,
): string | Exclude<Indicated, { measure: string }> {
  const from = type ?? (metricSourceRef === undefined ? undefined : typeOf(metricSourceRef));
  if (from !== ownType) {
    const fact = from
      ? `a metricSource of type ${from} cannot be asked here`
      : "the metricSource has no type";
    return unknown(fact, annotate, [...path, type === undefined ? "metricSourceRef" : "type"]);
  }
  const other = Object.keys(spec).find((field) => field !== "query");
  if (other !== undefined) {
    return wrong(`a metricSource of type ${ownType} has a query, and no ${other}`, "leave it out", [
      ...path,
      "spec",
      other,
    ]);
  }
  if (typeof spec.query !== "string") {
    return wrong("the metricSource has no query", `give it ${validCounts()}; or ${validMeasures()}`, [
      ...path,
      "spec",
    ]);
  }
  return spec.query;
}
