import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, MatchdayError, messageOf } from "../common/errors.ts";
import { makeFolder } from "../common/make-folder.ts";

/** What is committed: dashboards for Grafana, and rules for Prometheus. */
export const generatedFolder = join(import.meta.dirname, "generated");

const rulesFile = "rules.yaml";

interface DashboardFile {
  name: string;
  dashboard: { uid: string; title: string };
}

export const dashboardFiles = (): DashboardFile[] =>
  readdirSync(generatedFolder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, dashboard: JSON.parse(readFileSync(join(generatedFolder, name), "utf8")) }));

/** Copies the dashboards, and with `rules` the alert rules, into a folder; returns the files that it wrote. */
export function exportDashboards({ out, rules }: { out: string; rules: boolean }): string[] {
  const names = [...dashboardFiles().map(({ name }) => name), ...(rules ? [rulesFile] : [])];
  try {
    makeFolder(out);
    return names.map((name) => {
      const to = join(out, name);
      copyFileSync(join(generatedFolder, name), to);
      return to;
    });
  } catch (error) {
    throw new MatchdayError("OUT_NOT_WRITABLE", `${out} cannot be written to: ${messageOf(error)}`, {
      hint: "give a folder with --out that may be written to",
      exitCode: ExitCode.usage,
      cause: error,
    });
  }
}
