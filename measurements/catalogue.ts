import catalogue from "./catalogue.json" with { type: "json" };

export interface Measure {
  name: string;
  /** `self`: the generator on itself. */
  kind: "latency" | "self";
  unit: "us";
  labels: string[];
  title: string;
  meaning: string;
}

/** Every measure, once. */
export const measures: readonly Measure[] = catalogue.measures as Measure[];

export function measureNamed(name: string): Measure | undefined {
  return measures.find((measure) => measure.name === name);
}
