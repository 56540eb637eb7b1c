import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { MatchdayError, messageOf } from "../../common/errors.ts";
import type { Lease } from "../../common/lease.ts";
import { makeFolder } from "../../common/make-folder.ts";
import type { ProcessSpec } from "../../common/managed-process.ts";
import { cacheDir } from "../../common/paths.ts";
import { remedyOf } from "../../common/system-errors.ts";
import { rolesSql } from "../postgres-roles.ts";
import type { StackSecrets } from "../secrets.ts";
import { postgresDatabase, postgresUser } from "../topology.ts";

const exec = promisify(execFile);

/** Who PostgreSQL runs as: it refuses to run as root. */
export interface RunAs {
  uid: number;
  gid: number;
}

const initdbFlags = [
  `--username=${postgresUser}`,
  // Over loopback, with a password; there is no socket.
  "--auth-host=scram-sha-256",
  "--auth-local=reject",
  "--encoding=UTF8",
  "--locale=C",
  "--no-sync",
  // A copy for each run: the smallest that there is.
  "--wal-segsize=1",
];

/** @returns undefined when this process may run PostgreSQL as it is. */
export function postgresRunAs(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!user) {
    throw new MatchdayError(
      "POSTGRES_USER_MISSING",
      "PostgreSQL does not run as root, and there is no user for it",
      {
        hint: "add a user called postgres, or run as another user than root",
      },
    );
  }
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

export interface DataPlace {
  /** What is started to prepare it ends with it. */
  lease: Lease;
  /** Where it logs. */
  logFile: string;
  /** PostgreSQL's programs. */
  bin: string;
  folder: string;
  runAs: RunAs | undefined;
  /** Ends whatever is being prepared. */
  signal?: AbortSignal;
}

/** Where a primary is, and how its replica is known there. */
export interface Primary {
  host: string;
  port: string | number;
  password: string;
}

/**
 * Puts a fresh database into `<folder>/data`, with the users of a stack: a copy of a template that is made once. With a primary to
 * follow, a replica of it is put into `<folder>/replica-data`: two copies are one database at one instant, and it goes on from there.
 *
 * The folder is the starter's alone, and only what is in `data` and `replica-data` is its database's: in what another user may
 * write, nothing is written by name, which may have become a link by then.
 */
export async function preparePostgres(
  place: DataPlace,
  secrets: StackSecrets,
  primary?: Primary,
): Promise<void> {
  await preparing(place, async () => {
    const data = join(place.folder, "data");
    await run(place, "cp", ["-R", await postgresTemplate(place), data]);
    // A primary does not look at it. In a file of its own user: arguments of a process are for everybody to read.
    if (primary) writeAnew(join(data, "postgresql.auto.conf"), primaryConninfo(primary));
    await giveTo(place, data);
    await singleUser(place, data, rolesSql(secrets));
    if (primary) await copyToReplica(place, data);
  });
}

async function copyToReplica(place: DataPlace, data: string): Promise<void> {
  const replica = join(place.folder, "replica-data");
  mkdirSync(replica);
  await giveTo(place, replica);
  await run(place, "cp", ["-R", `${data}/.`, replica], { ...place.runAs });
  await run(place, "touch", [join(replica, "standby.signal")], { ...place.runAs });
}

function primaryConninfo(primary: Primary): string {
  const words = { ...primary, user: "replication", application_name: "postgres-replica" };
  const conninfo = Object.entries(words).map(([word, value]) => `${word}=${value}`);
  return `primary_conninfo = '${conninfo.join(" ")}'\n`;
}

/** Whatever stands there already, a link among them, is replaced. */
function writeAnew(file: string, content: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, content, { flag: "wx", mode: 0o600 });
}

async function giveTo({ runAs, ...place }: DataPlace, folder: string): Promise<void> {
  chmodSync(folder, 0o700);
  if (runAs) await run(place, "chown", ["-R", `${runAs.uid}:${runAs.gid}`, folder]);
}

/** Before the server is started: nobody can be earlier. */
async function singleUser(place: DataPlace, data: string, statements: string[]): Promise<void> {
  const { bin, folder, runAs, logFile } = place;
  const file = join(folder, "roles.sql");
  writeAnew(file, statements.map((statement) => `${statement};\n`).join(""));
  const args = ["--single", "-D", data, "-c", "fsync=off", postgresDatabase];
  try {
    await run(place, join(bin, "postgres"), args, { cwd: folder, stdinFile: file, ...runAs });
  } finally {
    rmSync(file, { force: true });
  }
  // It ends well whatever became of what it was told.
  const [error] = /^.*\b(?:ERROR|FATAL|PANIC):.*$/m.exec(readFileSync(logFile, "utf8")) ?? [];
  if (error) throw new Error(error);
}

/** To its end, as a process of the lease: a kill leaves none of them behind. */
function run(
  { lease, logFile, signal }: Pick<DataPlace, "lease" | "logFile" | "signal">,
  command: string,
  args: string[],
  more: Partial<ProcessSpec> = {},
): Promise<void> {
  return lease.run({ name: basename(command), command, args, logFile, ...more }, signal);
}

async function preparing({ bin, folder, logFile }: DataPlace, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof MatchdayError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new MatchdayError(
        "COMPONENT_MISSING",
        `PostgreSQL cannot be started from ${bin}: ${messageOf(error)}`,
        {
          hint: "run npm run setup; it names what is missing",
          cause: error,
        },
      );
    }
    throw new MatchdayError(
      "POSTGRES_INIT_FAILED",
      `a database cannot be prepared in ${folder}: ${messageOf(error)}`,
      {
        hint:
          remedyOf(error) ??
          `run again; if it stays: PostgreSQL's programs are in ${bin}, their log is ${logFile}`,
        cause: error,
      },
    );
  }
}

async function postgresTemplate(place: DataPlace): Promise<string> {
  const { bin, runAs, lease, signal } = place;
  const initdb = join(bin, "initdb");
  const { stdout: version } = await exec(initdb, ["--version"], signal ? { signal } : {});
  const key = createHash("sha256")
    .update([version, bin, ...initdbFlags].join("\n"))
    .digest("hex")
    .slice(0, 16);
  const template = join(cacheDir, `postgres-${key}`);
  if (existsSync(template)) return template;
  makeFolder(cacheDir);
  // Made where its user may write, then moved in one step: another run may be doing the same.
  const made = lease.folder(resolve(tmpdir(), `matchday-initdb-${randomBytes(5).toString("hex")}`));
  const arriving = lease.folder(`${template}.${randomBytes(4).toString("hex")}`);
  try {
    if (runAs) chownSync(made, runAs.uid, runAs.gid);
    await run(place, initdb, [...initdbFlags, `--pgdata=${join(made, "data")}`], { cwd: made, ...runAs });
    // From here on nobody else changes what is copied.
    if (runAs) await run(place, "chown", ["-R", "0:0", made]);
    await run(place, "cp", ["-R", join(made, "data"), join(arriving, "data")]);
    try {
      renameSync(join(arriving, "data"), template);
    } catch (error) {
      if (!existsSync(template)) throw error;
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
    rmSync(arriving, { recursive: true, force: true });
  }
  return template;
}
