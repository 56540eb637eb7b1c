import { askEngine, type Engine, findEngine } from "./engine.ts";
import { isGone, labels, readLabels } from "./labels.ts";
import { removeStack } from "./remove-stack.ts";
import { stackRecords, strangeRecords } from "./stack-records.ts";

/**
 * Removes the stacks whose owner is gone (killed, crashed, machine restarted) and that nobody has asked to keep. Where none
 * is on record no engine is asked; where none answers, they stay on record for the next start.
 * @returns their names, for a line of output
 */
export async function releaseLeftoverContainers(): Promise<string[]> {
  // Of a stack whose record nobody can read the engine still knows whose it is.
  if (leftoverContainerStacks().length === 0 && strangeRecords().length === 0) return [];
  const engine = await findEngine().catch(() => undefined);
  return engine ? removeLeftovers(engine) : [];
}

/** Stacks whose owner is gone while they are still on record; changes nothing. */
export function leftoverContainerStacks(): string[] {
  return stackRecords()
    .filter(({ owner, kept }) => !kept && isGone(owner))
    .map(({ id }) => id);
}

/** By what the engine has, on record or not; a stack that was to be kept is, unless the record says that it never stood. */
export async function removeLeftovers(engine: Engine): Promise<string[]> {
  const { docker } = engine;
  const filters = { label: [labels.stack] };
  const found = await askEngine("list what is left", () =>
    Promise.all([docker.listContainers({ all: true, filters }), docker.listNetworks({ filters })]),
  );
  const there = found.flat().flatMap(({ Labels }) => readLabels(Labels) ?? []);
  const onRecord = leftoverContainerStacks();
  const left = there.filter(({ id, owner, kept }) => onRecord.includes(id) || (!kept && isGone(owner)));
  const names = [...new Set(left.map(({ id }) => id))];
  await Promise.all([...new Set([...names, ...onRecord])].map((id) => removeStack(engine, id)));
  return names;
}
