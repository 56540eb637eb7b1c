import { createReadStream } from "node:fs";
import { openInput } from "../common/read-input.ts";

const mebibyte = 1 << 20;
/** Large enough that a gigabyte is a thousand reads. */
const chunkBytes = mebibyte;
/** Spans and histories have some hundred bytes a line. */
const mostLineBytes = 16 * mebibyte;

/**
 * Lines of one file that may hold nothing of use, empty ones among them, before its reader gives up: a run writes hardly any, and
 * to look at a large file of nothing else takes minutes.
 */
export const mostUnfitLines = 1000;

export interface Line {
  text: string;
  /** It ends without a line break: a crash leaves such a last line. */
  cut: boolean;
}

export class LongLine extends Error {
  constructor(number: number, mostBytes: number) {
    super(`line ${number} is longer than ${mostBytes / mebibyte} MiB`);
  }
}

/** One after the other: a list of all of them may be larger than the memory. */
export function* linesIn(text: string): Generator<Line> {
  let from = 0;
  for (;;) {
    const to = text.indexOf("\n", from);
    if (to === -1) break;
    yield { text: text.slice(from, to), cut: false };
    from = to + 1;
  }
  if (from < text.length) yield { text: text.slice(from), cut: true };
}

/**
 * Reads the lines of a file a piece at a time: it may hold more than a string can.
 * @throws LongLine, or an Error that says why the file cannot be opened
 */
export async function* linesOf(path: string, mostBytes = mostLineBytes): AsyncGenerator<Line> {
  let number = 1;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  // A piece is no longer than a line may be: so only its first line can be too long.
  const highWaterMark = Math.min(chunkBytes, mostBytes);
  const chunks: AsyncIterable<Buffer> = createReadStream("", { fd: openInput(path), highWaterMark });
  for await (const chunk of chunks) {
    const first = chunk.indexOf("\n");
    if (begunBytes + (first === -1 ? chunk.length : first) > mostBytes) throw new LongLine(number, mostBytes);
    const end = chunk.lastIndexOf("\n") + 1;
    if (end > 0) {
      const whole = Buffer.concat([...begun, chunk.subarray(0, end)]).toString();
      for (const line of linesIn(whole)) {
        number++;
        yield line;
      }
      begun = [];
      begunBytes = 0;
    }
    begun.push(chunk.subarray(end));
    begunBytes += chunk.length - end;
  }
  if (begunBytes > 0) yield { text: Buffer.concat(begun).toString(), cut: true };
}
