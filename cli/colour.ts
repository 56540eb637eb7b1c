import type { WriteStream } from "node:tty";

/** Whether to colour what goes to this stream: a terminal that can, and no `NO_COLOR`. */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  return (stream as WriteStream).hasColors?.() ?? false;
}
