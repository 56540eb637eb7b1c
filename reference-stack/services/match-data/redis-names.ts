/** The keys and channels that `scores` writes and edges read. */
export const redisNames = {
  /** A set: every stream there is, whether or not it has events. */
  streams: "matchday:streams",
  /** A channel: a stream's name, when it is new. */
  announce: "matchday:announce",
  /** A Redis Stream; entry `<seq>-0`, field `e` is the StreamEvent as JSON, `t` its trace context where it is sampled. */
  events: (stream: string) => `matchday:events:${stream}`,
  /** The StreamSnapshot as of the last entry, so that a trimmed stream still has its whole state. */
  snapshot: (stream: string) => `matchday:snapshot:${stream}`,
  /** A channel: `liveMessage`s. */
  live: (stream: string) => `matchday:live:${stream}`,
  livePattern: "matchday:live:*",
} as const;

export const eventField = "e";
export const traceField = "t";

/** The event as JSON, which has no raw line end, and behind one the trace context: clients get the JSON alone. */
export function liveMessage(json: string, traceparent?: string): string {
  return traceparent === undefined ? json : `${json}\n${traceparent}`;
}

export function splitLive(message: string): { json: string; traceparent?: string } {
  const end = message.indexOf("\n");
  return end === -1
    ? { json: message }
    : { json: message.slice(0, end), traceparent: message.slice(end + 1) };
}

export const entryId = (seq: number) => `${seq}-0`;
export const seqOfEntry = (id: string) => Number(id.slice(0, id.indexOf("-")));
