import type { WriteStream } from "node:tty";

/** Whether to colour what goes to this stream: a terminal that can, and no `NO_COLOR`. */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  return (stream as WriteStream).hasColors?.() ?? false;
}

/** How a verdict is printed on this stream; what is no terminal has no width. */
export function terminalOf(stream: NodeJS.WriteStream): { color: boolean; columns?: number } {
  const { columns } = stream as WriteStream;
  return { color: hasColour(stream), ...(columns === undefined ? {} : { columns }) };
}
