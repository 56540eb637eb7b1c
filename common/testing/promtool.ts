/** Prometheus' own tool, where it is there (Debian: `prometheus`). */
import { spawnSync } from "node:child_process";

export interface Promtool {
  status: number | null;
  /** Of both streams. */
  said: string;
}

/** @param cwd what files are named from */
export function promtool(args: string[], { cwd, input }: { cwd?: string; input?: string } = {}): Promtool {
  const { status, stdout, stderr } = spawnSync("promtool", args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, said: `${stdout ?? ""}${stderr ?? ""}` };
}

export const promtoolIsThere = promtool(["--version"]).status === 0;
/** For the name of a test. */
export const unlessPromtool = promtoolIsThere ? "" : " (skipped: there is no promtool)";

/** What promlint has to say of an exposition: nothing, where it is sound, and named as metrics are. */
export function promlint(exposition: string): string {
  const { status, said } = promtool(["check", "metrics"], { input: exposition });
  return status === 0 ? said : `exit code ${status}: ${said}`;
}
