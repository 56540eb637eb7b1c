import { matchesGlob } from "node:path/posix";
import { type SystemName, systems } from "../common/systems.ts";
import type { StackControl } from "../reference-stack/handle.ts";
import { partsOf } from "../reference-stack/topology.ts";
import type { StackShape } from "./contract.ts";

/** Names only, whether the stack stands or is still a plan. */
export function shapeOf(stack: StackShape | StackControl): StackShape {
  return {
    legs: stack.legs.map((leg) => (typeof leg === "string" ? leg : leg.name)),
    parts: stack.parts,
  };
}

/** The legs that a glob names: `*.redis`, `edge-{1,2}.redis`, `scores.vendor`. */
export function legsMatching(glob: string, stack: StackShape | StackControl): string[] {
  return shapeOf(stack).legs.filter((leg) => matchesGlob(leg, glob));
}

/** Edges are the parts called `edge-<n>`, in ascending order. */
export function edgesOf(stack: StackShape | StackControl): string[] {
  const number = (edge: string) => Number(edge.slice("edge-".length));
  return stack.parts.filter((part) => /^edge-\d+$/.test(part)).sort((a, b) => number(a) - number(b));
}

/** Every system of the reference stack at once: what an experiment may name before anybody says what it is run on. */
function allSystems(edges: number): StackShape {
  const shapes = (Object.keys(systems) as SystemName[]).map((system) => partsOf(edges, { system }));
  return {
    legs: [...new Set(shapes.flatMap(({ legs }) => legs))],
    parts: [...new Set(shapes.flatMap(({ parts }) => parts))],
  };
}

/** The least of what there can be. */
export const smallestShape = allSystems(2);

/**
 * Stands for the reference stack where there is none to look at, so that overlaps are found in a file by itself. More
 * edges than any machine carries: "the last edge" is then none that a file names.
 */
export const nominalShape = allSystems(512);
