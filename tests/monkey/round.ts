import { seeded } from "../../common/seeded.ts";
import { pick } from "../../reference-stack/testing/random.ts";
import { mayMount } from "./disk.ts";
import { type EndingName, endings } from "./endings.ts";
import { type InstantName, instants } from "./instants.ts";

/** How a fault of the run is undone differs by its kind. */
const faults = [
  "redis-down",
  "slow-redis",
  "postgres-down",
  "feed-jitter",
  "edge-crash",
  "edge-pause",
] as const;

/** What comes after an ending that heals nothing. */
const afterwards = ["recover", "four recover at once", "recover is killed", "the next run"] as const;
export type Afterwards = (typeof afterwards)[number];

/** One run and how it is ended, all of it by a number. */
export interface Round {
  seed: number;
  stack: "local" | "containers";
  instant: InstantName;
  /** Of the many processes of a run: during the spawn of which. */
  process: number;
  /** After the instant is seen. */
  delayMs: number;
  ending: EndingName;
  afterwards: Afterwards;
  /** When the clean-up is killed. */
  recoverKilledAfterMs: number;
  fault: (typeof faults)[number];
  /** Another run goes on meanwhile, which nothing may happen to. */
  beside: boolean;
}

/** Early instants often: most of what can be left is taken then, and such a round is short. */
const weights = Object.entries(instants).flatMap(([name, { weight }]) =>
  Array<InstantName>(weight).fill(name as InstantName),
);
/** In containers the parts are no processes of ours. */
const inContainers = ["any time", "barrier", "inject", "heal", "final", "report"];
const endingNames = (Object.keys(endings) as EndingName[]).filter(
  (name) => mayMount || !endings[name].onFullDisk,
);

export function roundOf(seed: number, given: Partial<Round> = {}): Round {
  const random = seeded(seed);
  const possible =
    given.stack === "containers" ? weights.filter((name) => inContainers.includes(name)) : weights;
  const instant = given.instant ?? pick(random, possible);
  const round: Round = {
    seed,
    stack: "local",
    instant,
    // As many as the smallest run has.
    process: 1 + Math.floor(random() * 11),
    delayMs: Math.floor(random() ** 2 * instants[instant].withinMs),
    // Half of them: nothing is left to the run.
    ending: random() < 0.5 ? "SIGKILL" : pick(random, endingNames),
    afterwards: pick(random, afterwards),
    recoverKilledAfterMs: 250 + Math.floor(random() * 500),
    fault: pick(random, faults),
    beside: random() < 0.15,
    ...given,
  };
  // A full disk is everybody's.
  return { ...round, beside: round.beside && !endings[round.ending].onFullDisk };
}

export function inWords({ seed, stack, instant, process, delayMs, ending, ...round }: Round): string {
  const where = instant === "spawn" ? `spawn of process ${process}` : instant;
  const faulty = instants[instant].withFault ? ` (${round.fault})` : "";
  const hard = endings[ending].heals ? "" : `, then ${round.afterwards}`;
  return [
    `seed ${seed}: ${ending} at ${where}${faulty} + ${delayMs} ms${hard}`,
    stack === "containers" ? "in containers" : "",
    round.beside ? "beside another run" : "",
  ]
    .filter(Boolean)
    .join(", ");
}
