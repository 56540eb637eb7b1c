/** An experiment as its YAML says it, checked. */
export interface Experiment {
  id: string;
  title: string;
  faults: PlannedFault[];
}

export interface PlannedFault {
  /** Unique in the experiment: `redis-down`, or `redis-down-2`. */
  id: string;
  kind: string;
  options: Record<string, unknown>;
  /** After the start of the fault phase. */
  atMs: number;
  forMs: number;
  /** What should hold although it happens; judged by the verdict. */
  expect: Expectation[];
}

export type Expectation =
  | {
      id: "clients-stay-connected" /** Share of planned clients that stay open in every second of the fault. */;
      share: number;
    }
  | { id: "nothing-lost" }
  | { id: "steady-within" /** After the heal. */; ms: number };
