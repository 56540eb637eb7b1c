import { renameSync } from "node:fs";
import { basename, join } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { stateDir } from "./paths.ts";

/** What was found among our records and is none. */
const quarantineDir = join(stateDir, "quarantine");

/**
 * Puts a record that cannot be read aside, so that it is in nobody's way and can be looked at.
 * @returns where it is now; undefined when another has been quicker
 */
export function quarantine(path: string): string | undefined {
  makeFolder(quarantineDir, 0o700);
  const aside = join(quarantineDir, `${basename(path)}-${Date.now()}-${process.pid}`);
  try {
    renameSync(path, aside);
    return aside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
