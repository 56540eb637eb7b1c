import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Only root may mount one. */
export const mayMount = process.getuid?.() === 0 && process.platform === "linux";
const sizeMb = 256;

/** A disk of its own for all that a round writes, so that it can be filled. */
export function mountDisk(folder: string): Disposable {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMb}m`, "tmpfs", folder]);
  // Lazily: what should not run any more may have a file open.
  return { [Symbol.dispose]: () => void execFileSync("umount", ["--lazy", folder]) };
}

/** To the last byte. */
export function fillDisk(folder: string): void {
  const file = openSync(join(folder, "filler"), "w");
  try {
    for (let size = 2 ** 20; size >= 1; size /= 16) {
      const block = Buffer.alloc(size);
      try {
        for (;;) writeSync(file, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
