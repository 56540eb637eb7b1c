import type { Problem } from "../../common/errors.ts";
import { parseMeasureSpec, validMeasures } from "../measure-spec.ts";
import { ofNothing, readAnnotations, type SloAnnotations } from "./annotations.ts";
import { type IndicatorRefusal, readIndicator } from "./indicator.ts";
import { annotation, type SliSpec, type Slo } from "./schema.ts";
import type { SourceDocument } from "./source.ts";

/** What an SLO may refer to: documents of the same file. */
export interface References {
  sli(name: string): { spec: SliSpec; source: SourceDocument } | undefined;
  /** The type of a DataSource. */
  typeOf(dataSource: string): string | undefined;
}

/** What all objectives of an SLO measure. */
export interface Measured {
  /** Of a latency perhaps without the percentile, which each objective has of its own. */
  measure: string;
  /** What an objective's `op` compares: the share of good events, or what is measured. */
  isRatioMetric: boolean;
}

/** The measure that an SLO is about: by its annotation, which has to agree with what its indicator says; or by the indicator. */
export function measureOf(
  { spec, metadata }: Slo,
  source: SourceDocument,
  references: References,
  { measure: annotated }: SloAnnotations,
): Measured | { problems: Problem[] } {
  const { indicator, indicatorRef } = spec;
  if (indicator && indicatorRef !== undefined) {
    return {
      problems: [
        source.problem(["spec", "indicatorRef"], "an SLO has an indicator or an indicatorRef, and not both"),
      ],
    };
  }
  if (!indicator && indicatorRef === undefined) {
    if (annotated !== undefined) return known(annotated, false);
    return {
      problems: [
        source.problem(
          ["spec"],
          `${metadata.name} has no indicator, and no annotation ${annotation("measure")}`,
          `name a measure: ${validMeasures()}`,
        ),
      ],
    };
  }
  const referred = indicator ? { spec: indicator.spec, source } : references.sli(indicatorRef!);
  if (!referred) {
    return {
      problems: [
        source.problem(
          ["spec", "indicatorRef"],
          `there is no SLI "${indicatorRef}" in this file`,
          "put the SLI into the same file, or give the SLO an indicator",
        ),
      ],
    };
  }
  const base = indicator ? ["spec", "indicator", "spec"] : ["spec"];
  const told = indicator?.metadata
    ? readAnnotations(indicator.metadata.annotations, ofNothing, source, ["spec", "indicator"])
    : undefined;
  if (told && "problems" in told) return told;
  const problemOf = ({ fact, remedy, at }: IndicatorRefusal) => ({
    problems: [referred.source.problem([...base, ...at], fact, remedy)],
  });
  const isRatioMetric = referred.spec.ratioMetric !== undefined;
  const read = readIndicator(referred.spec, references.typeOf);
  if ("wrong" in read) return problemOf(read.wrong);
  if (annotated === undefined)
    return "unknown" in read ? problemOf(read.unknown) : known(read.measure, isRatioMetric);
  if ("measure" in read && withoutPercentile(read.measure) !== withoutPercentile(annotated)) {
    return {
      problems: [
        source.problem(
          ["metadata", "annotations", annotation("measure")],
          `the annotation's measure is ${annotated}, and the indicator asks for ${read.measure}`,
          "leave the annotation out, or let both say the same",
        ),
      ],
    };
  }
  return known(annotated, isRatioMetric);

  function known(measure: string, ratio: boolean) {
    if (parseMeasureSpec(measure) ?? parseMeasureSpec(`${measure}.p99`))
      return { measure, isRatioMetric: ratio };
    return {
      problems: [
        source.problem(
          ["metadata", "annotations", annotation("measure")],
          `there is no measure "${measure}"`,
          validMeasures(),
        ),
      ],
    };
  }
}

function withoutPercentile(measure: string): string {
  const spec = parseMeasureSpec(measure) ?? parseMeasureSpec(`${measure}.p99`);
  return spec?.kind === "latency" ? spec.measure : measure;
}
