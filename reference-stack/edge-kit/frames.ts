/** One chunk of a chunked body (RFC 9112, 7.1), made once and shared by every client that it goes to. */
export function chunk(text: string): Buffer {
  const length = Buffer.byteLength(text);
  return Buffer.from(`${length.toString(16)}\r\n${text}\r\n`);
}

export const lastChunk = Buffer.from("0\r\n\r\n");

/** A comment: no event for any client, and a byte on the wire for whoever watches over the connection. */
export const heartbeatFrame = chunk(":\n\n");

interface Frame {
  id: number;
  event: string;
  /** One line. */
  data: string;
}

/** One event of a stream. */
export const frame = ({ id, event, data }: Frame): Buffer =>
  chunk(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);

/** Head of every event stream, and the `retry:` field where one is configured. */
export function streamHead(edge: string, retryMs?: number): Buffer {
  const head = [
    "HTTP/1.1 200 OK",
    "Content-Type: text/event-stream",
    // A proxy that stored or buffered or compressed the stream would hold events back.
    "Cache-Control: no-store, no-transform",
    "X-Accel-Buffering: no",
    "Access-Control-Allow-Origin: *",
    `X-Edge: ${edge}`,
    "Transfer-Encoding: chunked",
    "",
    "",
  ].join("\r\n");
  const retry = retryMs === undefined ? Buffer.alloc(0) : chunk(`retry: ${retryMs}\n\n`);
  return Buffer.concat([Buffer.from(head), retry]);
}
