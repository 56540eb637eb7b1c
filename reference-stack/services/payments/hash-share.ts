import { createHash } from "node:crypto";

/** A number from 0 to 1 (without it) that a text always gets: chance that a repeat does not change. */
export function hashShare(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;
}
