import { randomBytes } from "node:crypto";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { newToken } from "../../common/control-server.ts";
import { MatchdayError } from "../../common/errors.ts";
import type { Lease } from "../../common/lease.ts";
import { makeFolder } from "../../common/make-folder.ts";
import { orAborted } from "../../common/or-aborted.ts";
import type { DefectId } from "../../common/presale.ts";
import type { SystemName } from "../../common/systems.ts";
import { type StackSecrets, secretsOf } from "../secrets.ts";
import { type AddressBook, type Topology, topologyOf } from "../topology.ts";
import { ToxiproxyApi, toxiproxyUrl } from "../toxiproxy.ts";
import { orFullDisk } from "./full-disk.ts";
import { localAddresses } from "./local-addresses.ts";
import { dataFolderOf, type LocalTools, redisConf } from "./local-commands.ts";
import { LocalStack } from "./local-stack.ts";
import { type DataPlace, postgresRunAs, preparePostgres } from "./postgres-data.ts";

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
  /** Ends the start, whatever hangs in it. */
  signal?: AbortSignal;
}

/**
 * Starts the reference stack as processes of this machine, all at once: each waits for what it needs.
 * @throws MatchdayError PART_NOT_READY, STACK_DIED, DISK_FULL, PORT_TAKEN, COMPONENT_MISSING, or the signal's reason; what had been
 * started is stopped again
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
    signal,
  } = options;
  signal?.throwIfAborted();
  if (design !== "sse-redis") {
    throw new MatchdayError("DESIGN_UNKNOWN", `the local stack does not know the design "${design}"`, {
      hint: "choose sse-redis",
    });
  }
  const topology = topologyOf(edges, {
    system,
    ...(options.defect === undefined ? {} : { defect: options.defect }),
  });
  const secrets = secretsOf(newToken());
  const addresses = await localAddresses(topology, basePort);
  const folder = lease.folder(resolve(tmpdir(), `matchday-${randomBytes(5).toString("hex")}`));
  const logs = join(options.folder, "logs");
  makeFolder(logs);
  const runAs = postgresRunAs();
  // The database's user passes through to its own data, and sees or writes nothing else.
  chmodSync(folder, runAs ? 0o711 : 0o700);
  const api = addresses.part("toxiproxy", "api");
  const stack = new LocalStack({
    topology,
    design,
    addresses,
    secrets,
    toxiproxy: new ToxiproxyApi(toxiproxyUrl(api, secrets.toxiproxy)),
    lease,
    place: { tools, addresses, secrets, folder, logs, postgresRunAs: runAs },
    startupTimeoutMs,
  });
  // Its password stands in no argument, which everybody could read.
  writeFileSync(join(folder, redisConf), `requirepass ${secrets.redis}\n`, { mode: 0o600 });
  const databases = prepareDatabases(
    topology,
    {
      ...{ lease, logFile: join(logs, "postgres-init.log"), bin: tools.postgresBin, folder, runAs },
      signal: stack.closing,
    },
    secrets,
    addresses,
  );
  const starts = topology.parts.map(async ({ name, program }) => {
    if (dataFolderOf(program) !== undefined) await databases;
    await stack.start(name);
  });
  try {
    await orAborted(Promise.all(starts), signal);
    stack.refuseUnlessWhole();
    return stack;
  } catch (thrown) {
    // Seen before what was started is removed, and with it what fills the disk.
    const error = orFullDisk(thrown, [folder, logs]);
    // Those that wait for the one that failed fail too, once they are stopped: nothing is on its way any more.
    await stack.stop();
    await Promise.allSettled(starts);
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function prepareDatabases(
  { parts }: Topology,
  place: DataPlace,
  secrets: StackSecrets,
  addresses: AddressBook,
): Promise<void> {
  const replica = parts.find(({ name }) => name === "postgres-replica");
  if (!replica) return await preparePostgres(place, secrets);
  const { PRIMARY_HOST, PRIMARY_PORT, PRIMARY_PASSWORD } = replica.env({ addresses, secrets });
  const primary = { host: PRIMARY_HOST!, port: PRIMARY_PORT!, password: PRIMARY_PASSWORD! };
  await preparePostgres(place, secrets, primary);
}
