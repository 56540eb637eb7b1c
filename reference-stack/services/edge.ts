/** An edge: holds many thousands of event streams, and writes every event of a match to all of them. */
import { z } from "zod";
import { Acceptor } from "./edge/acceptor.ts";
import { MatchChannel } from "./edge/channel.ts";
import { Delivery } from "./edge/delivery.ts";
import { closeConnections, endStreams } from "./edge/drain.ts";
import { FanOut } from "./edge/fan-out.ts";
import { streamHead } from "./edge/frames.ts";
import { Heartbeat } from "./edge/heartbeat.ts";
import { edgeHttp } from "./edge/http.ts";
import { RedisFeed } from "./edge/redis-feed.ts";
import { Replays } from "./edge/replay.ts";
import { matchStreams } from "./edge/short-way.ts";
import { Streams } from "./edge/streams.ts";
import { startAdmin } from "./service/admin.ts";
import { count, readConfig, servicePorts, url } from "./service/config.ts";
import { ServiceMetrics } from "./service/metrics.ts";
import { type RunningService, runService } from "./service/run.ts";
import { startTracing, tracingShape } from "./service/start-tracing.ts";

const configShape = {
  ...servicePorts,
  ...tracingShape,
  EDGE_NAME: z.string().regex(/^[\w-]{1,64}$/),
  REDIS_URL: url("redis", "rediss"),
  /** `retry:` for clients; none when absent. */
  RETRY_MS: z.coerce.number().int().min(0).optional(),
  /** Events that are kept in memory for each stream. */
  WINDOW_EVENTS: count(2000),
  /** A client that is further behind gets a snapshot. */
  REPLAY_LIMIT: count(10_000),
  SLOW_BYTES: count(64 * 1024),
  /** Sockets that are written to in one turn of the event loop. */
  FANOUT_BATCH: count(1000),
  /** How long a drain is spread over. */
  DRAIN_MS: count(1000),
};

async function startEdge(): Promise<RunningService> {
  const config = readConfig(configShape, process.env);
  const metrics = new ServiceMetrics(config.EDGE_NAME);
  const tracing = await startTracing(config.EDGE_NAME, config, metrics);
  const channels = new Map<string, MatchChannel>();
  const head = streamHead(config.EDGE_NAME, config.RETRY_MS);
  const delivery = new Delivery(
    metrics.counter("slow_cutovers_total", "Times that a client was cut over to the newest state"),
  );
  metrics.total("fanout_writes_total", "Writes to open streams", () => delivery.writes);
  metrics.total("fanout_bytes_total", "Bytes written to open streams", () => delivery.bytes);
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
    onNews: (channel) => fanOut.wake(channel),
  });
  const streams = new Streams(delivery, feed, new Replays(feed.link, config.REPLAY_LIMIT), {
    opened: metrics.counter("streams_opened_total", "Streams that were begun"),
    replayed: metrics.counter("replays_total", "Streams that were resumed with the events they had missed"),
    resumed: metrics.counter("resumes_total", "Streams with Last-Event-ID, by what they began with", ["how"]),
  });
  const givenUp = metrics.counter(
    "slow_closed_total",
    "Clients that took nothing for a minute and were closed",
  );
  const heartbeat = new Heartbeat(streams.clients, delivery, () => givenUp.inc());
  metrics.gauge("connections", "Open streams", (gauge) => gauge.set(streams.clients.size));
  metrics.gauge(
    "write_backlog_bytes",
    "Bytes that wait in sockets, over what the kernel has taken",
    (gauge) => {
      let bytes = 0;
      for (const { socket } of streams.clients) bytes += socket.writableLength;
      gauge.set(bytes);
    },
  );
  metrics.gauge("slow_clients", "Clients that take less than they are sent", (gauge) => {
    let slow = 0;
    for (const { mode } of streams.clients) if (mode === "slow") slow++;
    gauge.set(slow);
  });
  metrics.streamSeqs("The last event that is here", () =>
    [...channels.values()].map(({ stream, seq }) => [stream, seq]),
  );

  let stopping = false;
  const health = () => ({
    healthy: !stopping,
    ready: !stopping && feed.link.up,
    redis: feed.link.up ? "up" : "down",
    connections: streams.clients.size,
    streams: channels.size,
  });
  const shared = { channels, streams, tracing, synced: () => feed.synced };
  const http = edgeHttp({ ...shared, edge: config.EDGE_NAME, health });
  const acceptor = new Acceptor({ http, shortWay: matchStreams(shared), slowBytes: config.SLOW_BYTES });
  const admin = await startAdmin(config, metrics, health, { tracing });
  await acceptor.listen(config.PORT, config.HOST);
  feed.start();
  return {
    async stop() {
      stopping = true;
      heartbeat.stop();
      acceptor.stopAccepting();
      await endStreams(streams.clients, (count) => streams.end(count), config.DRAIN_MS);
      await closeConnections(acceptor);
      await feed.close();
      await tracing.close();
      await admin.close();
    },
  };
}

await runService("edge", startEdge);
