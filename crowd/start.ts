import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { MatchdayError, messageOf } from "../common/errors.ts";
import type { Lease } from "../common/lease.ts";
import type { ManagedProcess } from "../common/managed-process.ts";
import { writeRemedyOf } from "../common/system-errors.ts";
import type { CrowdConfig } from "./contract.ts";

export interface GeneratorsToStart {
  /** One generator each. */
  configs: readonly CrowdConfig[];
  lease: Lease;
  /** Where the configurations are written: `crowd-<n>.config.json`. */
  folder: string;
  /** Where each generator logs, as `k6-<n>.log`; the folder unless told. */
  logDir?: string;
  /** The k6 binary that holds `k6/x/crowd`. */
  k6: string;
}

export interface StartedGenerator {
  /** Its number: `config.generator`. */
  generator: number;
  process: ManagedProcess;
  configFile: string;
}

export const script = join(import.meta.dirname, "script.ts");

/**
 * Threads that run Go code, in each generator: all of them together as many as there are cores. With two in each of eleven
 * generators on 2 cores, opening a client took 113 µs of CPU; with one, 90 µs, and release lag fell from 98 to 14 ms.
 */
function coresEach(generators: number): number {
  return Math.max(1, Math.floor(availableParallelism() / generators));
}

/** How long a generator may take to hang its clients up and to send its last records, once it is asked to end. */
const stopWithinMs = 15_000;

/**
 * Starts one k6 process for each configuration; they wait at the conductor's barrier. A generator that is wrong in itself
 * ends with k6's exit code 108, and says why in the last lines of its log.
 * @throws MatchdayError COMPONENT_MISSING, RUN_FOLDER_UNWRITABLE
 */
export async function startGenerators({
  configs,
  lease,
  folder,
  logDir = folder,
  k6,
}: GeneratorsToStart): Promise<StartedGenerator[]> {
  const started: StartedGenerator[] = [];
  for (const config of configs) {
    const configFile = writeConfig(config, folder);
    const process = await lease.start({
      name: `k6-${config.generator}`,
      command: k6,
      args: generatorArgs,
      env: {
        MATCHDAY_CROWD_CONFIG: configFile,
        ...(config.conductor ? { MATCHDAY_CONDUCTOR_TOKEN: config.conductor.token } : {}),
        GOMAXPROCS: String(coresEach(configs.length)),
      },
      logFile: join(logDir, `k6-${config.generator}.log`),
      // k6 takes SIGINT and SIGTERM alike: clients leave, and the final record is written.
      stopWithinMs,
    });
    started.push({ generator: config.generator, process, configFile });
  }
  return started;
}

/** k6's REST API is off unless it gets an address. What the conductor gets is the record; k6's summary would repeat it. */
const generatorArgs = [
  "run",
  "--quiet",
  "--no-usage-report",
  "--no-color",
  "--summary-mode=disabled",
  script,
];

/** It stays in the run folder: the conductor's token stands in the environment, and in no file. */
function writeConfig({ conductor, ...config }: CrowdConfig, folder: string): string {
  const file = join(folder, `crowd-${config.generator}.config.json`);
  try {
    const told = conductor ? { ...config, conductor: { url: conductor.url } } : config;
    writeFileSync(file, JSON.stringify(told, null, 2));
  } catch (cause) {
    throw new MatchdayError("RUN_FOLDER_UNWRITABLE", `${file} cannot be written: ${messageOf(cause)}`, {
      hint: `${writeRemedyOf(cause)}, or choose another place with --out DIR`,
      cause,
    });
  }
  return file;
}
