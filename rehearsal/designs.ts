/** Fan-out designs of the reference stack. */
export const designs: readonly { id: string; title: string }[] = [
  { id: "sse-redis", title: "SSE edges behind Redis pub/sub, resumed from a Redis Stream" },
];
