import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
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
import { postgresUser } from "../topology.ts";

const exec = promisify(execFile);

/** Who PostgreSQL runs as: it refuses to run as root. */
export interface RunAs {
  uid: number;
  gid: number;
}

const initdbFlags = [
  `--username=${postgresUser}`,
  // Loopback only, for as long as the run takes, with nothing in it but the run's own data.
  "--auth=trust",
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

/**
 * Puts a fresh database into a folder: a copy of a template that is made once for each PostgreSQL. Two copies are one
 * database at one instant: with `standby` it begins as a replica of the other, and follows it from there.
 */
export async function preparePostgresData(
  bin: string,
  { folder, name, standby = false }: { folder: string; name: string; standby?: boolean },
  runAs: RunAs | undefined,
): Promise<string> {
  const data = join(folder, name);
  try {
    const template = await postgresTemplate(bin, runAs);
    await exec("cp", ["-R", template, data]);
    if (standby) writeFileSync(join(data, "standby.signal"), "");
    if (runAs) {
      await exec("chown", ["-R", `${runAs.uid}:${runAs.gid}`, data]);
      chownSync(folder, runAs.uid, runAs.gid);
    }
    await exec("chmod", ["700", data]);
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
  return data;
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
