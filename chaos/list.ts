import { builtInExperiments, loadExperiment } from "./experiment.ts";
import { faultKinds } from "./faults/index.ts";

/** One line of `matchday chaos list`. */
export interface ChaosListEntry {
  id: string;
  what: "experiment" | "fault";
  title: string;
  /** Of a fault: its options, as they are when left out. */
  options?: Record<string, unknown>;
}

/** What there is: the built-in experiments, then the kinds of fault that experiments are made of. */
export function listChaos(): ChaosListEntry[] {
  return [
    ...builtInExperiments().map(
      (id): ChaosListEntry => ({ id, what: "experiment", title: loadExperiment(id)!.title }),
    ),
    ...[...faultKinds.values()].map(
      ({ id, title, defaults }): ChaosListEntry => ({ id, what: "fault", title, options: defaults }),
    ),
  ];
}
