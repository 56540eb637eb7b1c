import { join } from "node:path";
import type { Readable } from "node:stream";
import { ExitCode, MatchdayError } from "../../../common/errors.ts";
import { stateDir } from "../../../common/paths.ts";
import type { PartKind } from "../../../common/records.ts";
import type { SystemName } from "../../../common/systems.ts";
import type { StackConsole } from "../../handle.ts";
import { secretsOf } from "../../secrets.ts";
import { topologyOf } from "../../topology.ts";
import { ContainersStack, consolesOf } from "./containers-stack.ts";
import { askEngine, type Engine, findEngine } from "./engine.ts";
import { Fleet } from "./fleet.ts";
import { labels, readLabels, type StackAbout } from "./labels.ts";
import { followLog, readLog } from "./logs.ts";
import { outsideAddress, publishedPortsOf } from "./outside-addresses.ts";
import { removeStack } from "./remove-stack.ts";
import { lockStack, refuseWhenInUse, runOnStack } from "./run-lock.ts";
import { stackRecords } from "./stack-records.ts";

export interface StandingPart {
  name: string;
  kind: PartKind;
  state: "running" | "paused" | "exited";
  /** The engine's words: `Up 3 minutes`. */
  status: string;
  /** Name of the port → `host:port` that it is published on. */
  ports: Record<string, string>;
  /** The container's id. */
  container: string;
}

/** A stack that stands until `down`, as it is now. */
export interface StandingStack {
  id: string;
  design: string;
  system: SystemName;
  edges: number;
  since: Date;
  parts: StandingPart[];
  consoles: StackConsole[];
  /** The run that uses it now. */
  run?: string;
  about: StackAbout;
}

/** @throws MatchdayError ENGINE_UNREACHABLE */
export async function standingStacks(): Promise<StandingStack[]> {
  return stacksOf(await findEngine());
}

async function stacksOf(engine: Engine): Promise<StandingStack[]> {
  const containers = await askEngine("list the stacks that stand", () =>
    engine.docker.listContainers({
      all: true,
      filters: { label: [`${labels.kept}=true`, `${labels.home}=${stateDir}`] },
    }),
  );
  const byStack = Map.groupBy(containers, ({ Labels }) => readLabels(Labels)?.id);
  return [...byStack].flatMap(([id, members]) => {
    if (id === undefined) return [];
    const { about } = readLabels(members[0]!.Labels)!;
    const addressOf = outsideAddress(engine.host, about.ports);
    const { parts } = topologyOf(about.edges, { provider: "containers", system: about.system });
    const run = runOnStack(id)?.run;
    return {
      id,
      design: about.design,
      system: about.system,
      edges: about.edges,
      since: new Date(Math.min(...members.map(({ Created }) => Created)) * 1000),
      parts: parts.flatMap((part): StandingPart[] => {
        const { name, kind } = part;
        const member = members.find(({ Labels }) => Labels[labels.part] === name);
        if (!member) return [];
        const addresses = Object.keys(publishedPortsOf(part)).map((port) => {
          const at = addressOf(name, port);
          return [port, `${at.host}:${at.port}`];
        });
        const { State, Status, Id } = member;
        const state = State === "running" || State === "paused" ? State : "exited";
        return [{ name, kind, state, status: Status, ports: Object.fromEntries(addresses), container: Id }];
      }),
      consoles: consolesOf(parts, (part, port) => {
        const at = addressOf(part, port);
        return `http://${at.host}:${at.port}`;
      }),
      ...(run === undefined ? {} : { run }),
      about,
    };
  });
}

/** The one that is named; the only one where none is. */
async function oneOf(engine: Engine, id: string | undefined): Promise<StandingStack> {
  const stacks = await stacksOf(engine);
  const found = id === undefined ? stacks : stacks.filter((stack) => stack.id === id);
  if (found.length === 1) return found[0]!;
  const names = stacks.map((stack) => stack.id).join(", ");
  const fact =
    found.length > 1
      ? `several stacks stand: ${names}`
      : `no stack stands${id === undefined ? "" : ` named "${id}"`}`;
  throw new MatchdayError(found.length > 1 ? "STACK_AMBIGUOUS" : "STACK_UNKNOWN", fact, {
    hint: names === "" ? "begin one with matchday stack up" : `name one of ${names}`,
    exitCode: ExitCode.usage,
  });
}

/**
 * A standing stack, to rehearse on: `stop` leaves it as it is. Nobody else rehearses on it in the meantime.
 * @param run who uses it, for whoever finds it in use
 * @param folder of the run: logs go to `logs` in it
 * @throws MatchdayError STACK_UNKNOWN, STACK_AMBIGUOUS, STACK_IN_USE, ENGINE_UNREACHABLE
 */
export async function attach(
  id: string | undefined,
  { run, folder, startupTimeoutMs = 30_000 }: { run: string; folder?: string; startupTimeoutMs?: number },
): Promise<ContainersStack> {
  const engine = await findEngine();
  const standing = await oneOf(engine, id);
  const secrets = secretsOf(keyOf(standing.id));
  const unlock = lockStack(standing.id, run);
  try {
    const fleet = await Fleet.follow(engine, standing.id);
    for (const { name, container, state } of standing.parts) {
      fleet.adopt(name, { id: container, running: state !== "exited", paused: state === "paused" });
    }
    return new ContainersStack({
      id: standing.id,
      design: standing.design,
      topology: topologyOf(standing.edges, { provider: "containers", system: standing.system }),
      secrets,
      engine,
      fleet,
      addressOf: outsideAddress(engine.host, standing.about.ports),
      startupTimeoutMs,
      logs: folder === undefined ? undefined : join(folder, "logs"),
      detach: async () => unlock(),
    });
  } catch (error) {
    unlock();
    throw error;
  }
}

/** @throws MatchdayError STACK_KEY_MISSING */
function keyOf(id: string): string {
  const record = stackRecords().find((stack) => stack.id === id);
  if (record?.key) return record.key;
  throw new MatchdayError(
    "STACK_KEY_MISSING",
    `the key of ${id} is not on record: nobody can give it orders`,
    {
      hint: "end it with matchday stack down, and begin another with matchday stack up",
    },
  );
}

/**
 * Removes a standing stack.
 * @returns its name
 * @throws MatchdayError STACK_UNKNOWN, STACK_AMBIGUOUS, STACK_IN_USE, ENGINE_UNREACHABLE
 */
export async function down(id?: string): Promise<string> {
  const engine = await findEngine();
  const standing = await oneOf(engine, id);
  refuseWhenInUse(standing.id);
  await removeStack(engine, standing.id);
  return standing.id;
}

/** What a part says: the last `tail` lines, and what follows where it is asked for. */
export async function logs(
  part: string,
  { id, follow = false, tail = 100 }: { id?: string; follow?: boolean; tail?: number } = {},
): Promise<Readable | string> {
  const engine = await findEngine();
  const { parts } = await oneOf(engine, id);
  const found = parts.find(({ name }) => name === part);
  if (!found) {
    throw new MatchdayError("PART_UNKNOWN", `the stack has no part "${part}"`, {
      hint: `its parts are ${parts.map(({ name }) => name).join(", ")}`,
      exitCode: ExitCode.usage,
    });
  }
  return follow ? followLog(engine, found.container, tail) : readLog(engine, found.container, { tail });
}
