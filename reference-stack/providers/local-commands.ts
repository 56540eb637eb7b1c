import { join } from "node:path";
import { MatchdayError } from "../../common/errors.ts";
import type { ProcessSpec } from "../../common/managed-process.ts";
import { cacheDir } from "../../common/paths.ts";
import type { StackSecrets } from "../secrets.ts";
import type { AddressBook, Part, Program } from "../topology.ts";
import type { RunAs } from "./postgres-data.ts";

export interface LocalTools {
  /** Folder of `initdb` and `postgres`. */
  postgresBin: string;
  redisServer: string;
  toxiproxy: string;
}

interface LocalPlace {
  tools: LocalTools;
  addresses: AddressBook;
  secrets: StackSecrets;
  /** Temporary, gone after the run. */
  folder: string;
  logs: string;
  postgresRunAs: RunAs | undefined;
}

/** In the stack's folder. */
export const redisConf = "redis.conf";

const servicesDir = join(import.meta.dirname, "..", "services");

/** How a part is started as a process of this machine. */
export function processSpecOf(
  part: Part,
  { tools, addresses, secrets, folder, logs, postgresRunAs }: LocalPlace,
): ProcessSpec {
  const common = {
    name: part.name,
    env: part.env({ addresses, secrets }),
    logFile: join(logs, `${part.name}.log`),
    ...(part.stopSignal === undefined ? {} : { stopSignal: part.stopSignal }),
  };
  if ("service" in part.program) {
    const { service, nodeFlags = [] } = part.program;
    // Compiled code is kept: a start takes a third less CPU and 20 MB less memory, which twelve edges feel.
    // A warning that a Node feature is experimental helps nobody who reads a part's log.
    const flags = [...nodeFlags, "--disable-warning=ExperimentalWarning"];
    const env = { ...common.env, NODE_COMPILE_CACHE: join(cacheDir, "node-compile") };
    return {
      ...common,
      env,
      command: process.execPath,
      args: [...flags, join(servicesDir, `${service}.ts`)],
    };
  }
  switch (part.program.server) {
    case "toxiproxy": {
      const { host, port } = addresses.part(part.name, "api");
      return {
        ...common,
        env: { ...common.env, HOST: host, PORT: String(port), TOXIPROXY_PASSWORD: secrets.toxiproxy },
        command: tools.toxiproxy,
      };
    }
    case "redis": {
      const { host, port } = addresses.part(part.name, "redis");
      return {
        ...common,
        command: tools.redisServer,
        // No persistence: what Redis loses, `scores` fills again from PostgreSQL.
        args: [
          ...[join(folder, redisConf), "--bind", host, "--port", String(port)],
          ...["--dir", folder, "--save", "", "--appendonly", "no"],
        ],
      };
    }
    case "postgres":
    case "postgres-replica": {
      const { host, port } = addresses.part(part.name, "postgres");
      const settings = {
        listen_addresses: host,
        port: String(port),
        // A socket would be one more door, and its path too long in some folders.
        unix_socket_directories: "",
        // The template's own: a standby must allow as many as its primary did when they were one.
        max_connections: "100",
        shared_buffers: "16MB",
        // The folder is removed after the run: only a power cut would find what was not written.
        fsync: "off",
        // What a replica that was cut off for a while still finds.
        wal_keep_size: "128MB",
        ...(part.name === "postgres" ? {} : standbySettings),
      };
      return {
        ...common,
        command: join(tools.postgresBin, "postgres"),
        args: [
          "-D",
          join(folder, dataFolderOf(part.program)!),
          ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
        ],
        cwd: folder,
        ...postgresRunAs,
      };
    }
    default:
      throw new MatchdayError("PART_NOT_LOCAL", `${part.name} runs in containers only`, {
        hint: "run with --stack containers",
      });
  }
}

/** Where a primary, or its replica, has its data; undefined for anything else. */
export function dataFolderOf(program: Program): string | undefined {
  if (!("server" in program)) return undefined;
  return { postgres: "data", "postgres-replica": "replica-data" }[program.server as string];
}

const standbySettings = {
  // A leg that swallows everything is noticed in seconds, and one that heals is taken up again at once.
  wal_receiver_timeout: "3s",
  wal_retrieve_retry_interval: "250ms",
};
