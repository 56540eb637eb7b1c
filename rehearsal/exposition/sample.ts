/** One line of an exposition. */
export interface Sample {
  value: number;
  labels: Readonly<Record<string, string | number>>;
  /** `_bucket`, `_sum` and `_count` of a histogram have names of their own. */
  metricName?: string;
  /** Labels that many samples have in common: prom-client writes them once for all that share the object. */
  sharedLabels?: Readonly<Record<string, string>>;
}

export const sample = (value: number, labels: Sample["labels"] = {}): Sample => ({ value, labels });

/** None where the value is not known: absent, and not nought. */
export const samplesIf = (value: number | null | undefined, labels: Sample["labels"] = {}): Sample[] =>
  value === null || value === undefined ? [] : [sample(value, labels)];
