import goalSpike from "./goal-spike.ts";
import presale from "./presale.ts";
import type { Scenario } from "./vocabulary.ts";

/** Every scenario, by id; a test holds this list to the folder. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [goalSpike, presale].map((each) => [each.id, each]),
);
