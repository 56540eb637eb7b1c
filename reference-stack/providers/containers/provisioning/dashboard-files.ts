import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** Name and content of every dashboard in the folder; none where there is no folder. */
export function dashboardsIn(dir: string): { name: string; content: string }[] {
  return globSync("*.json", { cwd: dir })
    .sort()
    .map((file) => ({ name: basename(file), content: readFileSync(join(dir, file), "utf8") }));
}

/** Prometheus' rules, where the folder has some. */
export function rulesIn(dir: string): string | undefined {
  const file = join(dir, "rules.yaml");
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
