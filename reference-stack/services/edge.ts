/** An edge: holds many thousands of event streams, and writes every event of a match to all of them. */
import { z } from "zod";
import { Delivery } from "../edge-kit/delivery.ts";
import { FanOut } from "../edge-kit/fan-out.ts";
import { streamHead } from "../edge-kit/frames.ts";
import { runEdge } from "../edge-kit/serve-edge.ts";
import { Streams } from "../edge-kit/streams.ts";
import { count, url } from "../service-kit/config.ts";
import { MatchChannel } from "./edge/channel.ts";
import { edgeHttp } from "./edge/http.ts";
import { RedisFeed } from "./edge/redis-feed.ts";
import { matchStreams } from "./edge/short-way.ts";

const configShape = {
  REDIS_URL: url("redis", "rediss"),
  /** `retry:` for clients; none when absent. */
  RETRY_MS: z.coerce.number().int().min(0).optional(),
  /** Events that are kept in memory for each stream. */
  WINDOW_EVENTS: count(2000),
  /** A client that is further behind gets a snapshot. */
  REPLAY_LIMIT: count(10_000),
  /** Sockets that are written to in one turn of the event loop. */
  FANOUT_BATCH: count(1000),
};

await runEdge("edge", configShape, ({ config, metrics, tracing, health }) => {
  const channels = new Map<string, MatchChannel>();
  const head = streamHead(config.EDGE_NAME, config.RETRY_MS);
  const cutOvers = metrics.counter(
    "slow_cutovers_total",
    "Times that a client was cut over to the newest state",
  );
  const delivery = new Delivery(() => cutOvers.inc());
  const fanOut = new FanOut(delivery, config.FANOUT_BATCH, {
    turns: metrics.histogram("fanout_batch_duration_seconds", "One turn of writing to sockets"),
    sweeps: metrics.histogram(
      "fanout_sweep_duration_seconds",
      "From the first to the last client of an event",
    ),
  });
  const feed = new RedisFeed({
    url: config.REDIS_URL,
    metrics,
    tracing,
    channels,
    newChannel: (stream) => new MatchChannel(stream, head, config.WINDOW_EVENTS),
    replayLimit: config.REPLAY_LIMIT,
    onNews: (channel) => fanOut.wake(channel),
  });
  const streams = new Streams(delivery, feed, {
    opened: metrics.counter("streams_opened_total", "Streams that were begun"),
    replayed: metrics.counter("replays_total", "Streams that were resumed with the events they had missed"),
    resumed: metrics.counter("resumes_total", "Streams with Last-Event-ID, by what they began with", ["how"]),
  });
  metrics.streamSeqs("The last event that is here", () =>
    [...channels.values()].map(({ name, seq }) => [name, seq]),
  );
  const shared = { channels, streams, tracing, synced: () => feed.synced };
  return {
    http: edgeHttp({ ...shared, edge: config.EDGE_NAME, health }),
    shortWay: matchStreams(shared),
    streams,
    outlet: delivery.outlet,
    health: () => ({ ready: feed.up, redis: feed.up ? "up" : "down", streams: channels.size }),
    begin: () => feed.start(),
    close: () => feed.close(),
  };
});
