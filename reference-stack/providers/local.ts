import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MatchdayError } from "../../common/errors.ts";
import type { Lease } from "../../common/lease.ts";
import type { DefectId } from "../../common/presale.ts";
import type { SystemName } from "../../common/systems.ts";
import { type Topology, topologyOf } from "../topology.ts";
import { ToxiproxyApi } from "../toxiproxy.ts";
import { localAddresses } from "./local-addresses.ts";
import { dataFolderOf, type LocalTools } from "./local-commands.ts";
import { LocalStack } from "./local-stack.ts";
import { postgresRunAs, preparePostgresData, type RunAs } from "./postgres-data.ts";

export interface LocalStackOptions {
  /** Holds every process and folder; what it still holds ends with it. */
  lease: Lease;
  edges: number;
  design: string;
  /** `live-scores` unless told. */
  system?: SystemName;
  /** A bug that is planted on purpose. */
  defect?: DefectId;
  /** Of the run: logs go to `logs` in it. */
  folder: string;
  tools: LocalTools;
  /** The first of its ports; any free ones unless told. */
  basePort?: number;
  startupTimeoutMs?: number;
}

/**
 * Starts the reference stack as processes of this machine, all at once: each waits for what it needs.
 * @throws MatchdayError PART_NOT_READY, PORT_TAKEN, COMPONENT_MISSING; what had been started is stopped again
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const {
    lease,
    edges,
    design,
    system = "live-scores",
    tools,
    basePort,
    startupTimeoutMs = 30_000,
  } = options;
  if (design !== "sse-redis") {
    throw new MatchdayError("DESIGN_UNKNOWN", `the local stack does not know the design "${design}"`, {
      hint: "choose sse-redis",
    });
  }
  const topology = topologyOf(edges, {
    system,
    ticketSecret: randomBytes(16).toString("hex"),
    ...(options.defect === undefined ? {} : { defect: options.defect }),
  });
  const addresses = await localAddresses(topology, basePort);
  const folder = lease.folder(join(tmpdir(), `matchday-${randomBytes(5).toString("hex")}`));
  const logs = join(options.folder, "logs");
  mkdirSync(logs, { recursive: true });
  const runAs = postgresRunAs();
  const api = addresses.part("toxiproxy", "api");
  const stack = new LocalStack({
    topology,
    design,
    addresses,
    toxiproxy: new ToxiproxyApi(`http://${api.host}:${api.port}`),
    lease,
    place: { tools, addresses, folder, logs, postgresRunAs: runAs },
    startupTimeoutMs,
  });
  const databases = prepareDatabases(topology, tools, folder, runAs);
  const starts = topology.parts.map(async ({ name, program }) => {
    if (dataFolderOf(program) !== undefined) await databases;
    await stack.start(name);
  });
  try {
    await Promise.all(starts);
    return stack;
  } catch (error) {
    // Those that wait for the one that failed fail too, once they are stopped: nothing is on its way any more.
    await stack.stop();
    await Promise.allSettled(starts);
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** One after the other: the first of all makes the template that the others are copies of. */
async function prepareDatabases(
  { parts }: Topology,
  tools: LocalTools,
  folder: string,
  runAs: RunAs | undefined,
): Promise<void> {
  for (const { program } of parts) {
    const name = dataFolderOf(program);
    if (name === undefined) continue;
    const standby = "server" in program && program.server === "postgres-replica";
    await preparePostgresData(tools.postgresBin, { folder, name, standby }, runAs);
  }
}
