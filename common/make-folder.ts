import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder, and those that it stands in. Node's own `recursive` tries for ever where a parent cannot be made and says that it is
 * missing, as in /proc; here each is tried once.
 * @throws the error of the file system
 */
export function makeFolder(path: string, mode?: number): void {
  const whole = resolve(path);
  const parent = dirname(whole);
  if (parent !== whole && !existsSync(parent)) makeFolder(parent, mode);
  try {
    mkdirSync(whole, mode);
  } catch (error) {
    // It was there, or another process was quicker; what is no folder is told by what is put into it.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
