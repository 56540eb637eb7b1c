import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MatchdayError, messageOf } from "../../common/errors.ts";
import { cacheDir } from "../../common/paths.ts";
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

interface DataPlace {
  /** PostgreSQL's programs. */
  bin: string;
  folder: string;
  runAs: RunAs | undefined;
}

/** Puts a fresh database into `<folder>/data`, with the users of a stack: a copy of a template that is made once. */
export async function preparePostgres(place: DataPlace, secrets: StackSecrets): Promise<string> {
  const data = join(place.folder, "data");
  await preparing(place, async () => {
    await copyData(await postgresTemplate(place.bin, place.runAs), data, place);
    await singleUser(place, data, rolesSql(secrets));
  });
  return data;
}

/**
 * Puts a replica of a fresh database, which has not been started yet, into `<folder>/replica-data`: two copies are one database at
 * one instant, and this one follows the other from there.
 * @param primary whom it follows, and how it is known there
 */
export async function prepareReplica(
  place: DataPlace,
  data: string,
  primary: { host: string; port: string | number; password: string },
): Promise<string> {
  const replica = join(place.folder, "replica-data");
  await preparing(place, async () => {
    await copyData(data, replica, place);
    writeFileSync(join(replica, "standby.signal"), "");
    const words = { ...primary, user: "replication", application_name: "postgres-replica" };
    const conninfo = Object.entries(words).map(([word, value]) => `${word}=${value}`);
    // In a file of its own user: arguments of a process are for everybody to read.
    appendFileSync(join(replica, "postgresql.auto.conf"), `primary_conninfo = '${conninfo.join(" ")}'\n`);
  });
  return replica;
}

async function copyData(from: string, to: string, { folder, runAs }: DataPlace): Promise<void> {
  await exec("cp", ["-R", from, to]);
  if (runAs) {
    await exec("chown", ["-R", `${runAs.uid}:${runAs.gid}`, to]);
    chownSync(folder, runAs.uid, runAs.gid);
  }
  await exec("chmod", ["700", to]);
}

/** Before the server is started: nobody can be earlier. */
async function singleUser(
  { bin, folder, runAs }: DataPlace,
  data: string,
  statements: string[],
): Promise<void> {
  const args = ["--single", "-D", data, "-c", "fsync=off", postgresDatabase];
  const running = exec(join(bin, "postgres"), args, { cwd: folder, ...runAs });
  running.child.stdin?.end(statements.map((statement) => `${statement};\n`).join(""));
  const { stderr } = await running;
  const [error] = /^.*\b(?:ERROR|FATAL|PANIC):.*$/m.exec(stderr) ?? [];
  if (error) throw new Error(error);
}

async function preparing({ bin, folder }: DataPlace, act: () => Promise<void>): Promise<void> {
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
    throw new MatchdayError("POSTGRES_INIT_FAILED", `a database cannot be prepared in ${folder}`, {
      hint: "see that there are 50 MB free there, and that PostgreSQL's programs may be run by its user",
      cause: error,
    });
  }
}

async function postgresTemplate(bin: string, runAs: RunAs | undefined): Promise<string> {
  const initdb = join(bin, "initdb");
  const { stdout: version } = await exec(initdb, ["--version"]);
  const key = createHash("sha256")
    .update([version, bin, ...initdbFlags].join("\n"))
    .digest("hex")
    .slice(0, 16);
  const template = join(cacheDir, `postgres-${key}`);
  if (existsSync(template)) return template;
  mkdirSync(cacheDir, { recursive: true });
  // Made where its user may write, then moved in one step: another run may be doing the same.
  const made = mkdtempSync(join(tmpdir(), "matchday-initdb-"));
  const arriving = `${template}.${randomBytes(4).toString("hex")}`;
  try {
    if (runAs) chownSync(made, runAs.uid, runAs.gid);
    await exec(initdb, [...initdbFlags, `--pgdata=${join(made, "data")}`], { cwd: made, ...runAs });
    await exec("cp", ["-R", join(made, "data"), arriving]);
    try {
      renameSync(arriving, template);
    } catch (error) {
      if (!existsSync(template)) throw error;
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
    rmSync(arriving, { recursive: true, force: true });
  }
  return template;
}
