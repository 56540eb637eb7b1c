/** The keys and channels that `scores` writes and edges read. */
export const redisNames = {
  /** A set: every stream there is, whether or not it has events. */
  streams: "matchday:streams",
  /** A channel: a stream's name, when it is new. */
  announce: "matchday:announce",
  /** A Redis Stream; entry `<seq>-0`, field `e` is the StreamEvent as JSON. */
  events: (stream: string) => `matchday:events:${stream}`,
  /** The StreamSnapshot as of the last entry, so that a trimmed stream still has its whole state. */
  snapshot: (stream: string) => `matchday:snapshot:${stream}`,
  /** A channel: the StreamEvent as JSON. */
  live: (stream: string) => `matchday:live:${stream}`,
  livePattern: "matchday:live:*",
} as const;

export const eventField = "e";

export const entryId = (seq: number) => `${seq}-0`;
export const seqOfEntry = (id: string) => Number(id.slice(0, id.indexOf("-")));
