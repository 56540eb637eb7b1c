import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

/** Text that people write by hand: a budget, an experiment. The built-in ones are a hundredth of it. */
export const mostWrittenBytes = 128 * kilobyte;
/** `plan.json`: a feed of a whole day, event by event, and the seats of a venue. */
export const mostPlanBytes = 64 * megabyte;
/** Text that a run has written and that is read at once: what a string can hold, with room to spare. */
export const mostSavedBytes = 400 * megabyte;

const chunkBytes = 64 * kilobyte;

/**
 * Opens a file that somebody named, and only a file: a pipe would be waited for, a device has no end. It may be a link to one.
 * The caller closes it.
 * @throws Error that says what it is instead, or why it cannot be opened
 */
export function openInput(path: string): number {
  // Without O_NONBLOCK a pipe that nobody writes to holds up the opening itself, and some files of /proc their reading.
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const kind = kindOf(fstatSync(handle));
  if (kind === undefined) return handle;
  closeSync(handle);
  throw new Error(`it is ${kind}, and not a file`);
}

/**
 * Reads a file that somebody named, up to a limit that holds whatever its size is said to be: files of /proc say 0.
 * @throws Error when it is no file, larger, or not UTF-8
 */
export function readInput(path: string, { mostBytes = mostWrittenBytes, strict = true } = {}): string {
  const handle = openInput(path);
  try {
    const { size } = fstatSync(handle);
    if (size > mostBytes) throw tooLarge(mostBytes);
    const pieces: Buffer[] = [];
    let total = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.max(chunkBytes, Math.min(size + 1 - total, 16 * megabyte)));
      const bytes = readSync(handle, piece);
      if (bytes === 0) return decode(Buffer.concat(pieces, total), strict);
      total += bytes;
      if (total > mostBytes) throw tooLarge(mostBytes);
      pieces.push(piece.subarray(0, bytes));
    }
  } finally {
    closeSync(handle);
  }
}

/** @param strict what is no UTF-8 is an error: else the rest of a character, cut by a crash, is shown as such */
function decode(bytes: Buffer, strict: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: strict }).decode(bytes);
  } catch {
    throw new Error("it is no text in UTF-8");
  }
}

function tooLarge(mostBytes: number): Error {
  const most =
    mostBytes < megabyte ? `${mostBytes / kilobyte} KiB` : `${Math.round(mostBytes / megabyte)} MiB`;
  return new Error(`it is larger than ${most}`);
}

function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}
