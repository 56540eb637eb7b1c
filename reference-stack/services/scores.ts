/** Ingestion: follows the vendor, numbers every event of a stream, keeps it in PostgreSQL, publishes it to Redis. */
import { z } from "zod";
import { nowUs } from "../../common/clock.ts";
import { messageOf } from "../../common/errors.ts";
import type { FeedMessage } from "../../common/match-day.ts";
import { refuse } from "../../common/refused-requests.ts";
import { controlRoutes, healthRoute, internalServer, startAdmin } from "../service-kit/admin.ts";
import { Backoff } from "../service-kit/backoff.ts";
import { count, readConfig, servicePorts, url } from "../service-kit/config.ts";
import { factOf } from "../service-kit/json-errors.ts";
import { log } from "../service-kit/log.ts";
import { ServiceMetrics } from "../service-kit/metrics.ts";
import { type RunningService, runService } from "../service-kit/run.ts";
import { startTracing, tracingShape } from "../service-kit/start-tracing.ts";
import { spanOf, traceRequests } from "../service-kit/traced-requests.ts";
import { feedMessage, streamName } from "./match-data/event-schema.ts";
import { Appender } from "./scores/appender.ts";
import { EventStore } from "./scores/event-store.ts";
import { EventTrace } from "./scores/event-trace.ts";
import { FeedFollower } from "./scores/feed-follower.ts";
import { Intake } from "./scores/intake.ts";
import { Ledger } from "./scores/ledger.ts";
import { Publisher } from "./scores/publisher.ts";

const configShape = {
  ...servicePorts,
  ...tracingShape,
  VENDOR_URL: url("http", "https"),
  REDIS_URL: url("redis", "rediss"),
  POSTGRES_URL: url("postgres", "postgresql"),
  /** Events that may wait in memory for PostgreSQL before the feed is held up. */
  QUEUE_LIMIT: count(20_000),
  /** Entries that a Redis Stream keeps at least. */
  STREAM_RETAIN: count(100_000),
};

const streamsRequest = z.object({ streams: z.array(streamName).min(1).max(10_000) });

async function startScores(): Promise<RunningService> {
  const config = readConfig(configShape, process.env);
  const metrics = new ServiceMetrics("scores");
  const tracing = await startTracing("scores", config, metrics);
  const store = new EventStore(config.POSTGRES_URL, metrics);
  const publisher = new Publisher({
    store,
    redisUrl: config.REDIS_URL,
    retain: config.STREAM_RETAIN,
    metrics,
  });
  const appender = new Appender({
    store,
    limit: config.QUEUE_LIMIT,
    metrics,
    onAppended: (events) => publisher.appended(events),
  });
  const ledger = new Ledger();
  const taken = metrics.counter("feed_messages_total", "Messages taken in from the vendor");
  const duplicates = metrics.counter("feed_duplicates_total", "Messages that had been taken in before");
  const invalid = metrics.counter("feed_invalid_total", "Lines of the feed that made no sense");
  let intake: Intake | undefined;

  const takeLine = async (line: string): Promise<boolean> => {
    const cameAtUs = nowUs();
    await appender.room();
    const parsed = feedMessage.safeParse(parseJson(line));
    if (!parsed.success) {
      invalid.inc();
      const n = (parseJson(line) as { n?: unknown } | undefined)?.n;
      log("a line of the feed makes no sense", { n, reason: parsed.error.issues[0]?.message });
      if (typeof n === "number") intake!.skip(n);
      return true;
    }
    const event = intake!.take(parsed.data as FeedMessage);
    if (event === "duplicate") duplicates.inc();
    else if (event === "gap") return false;
    else {
      taken.inc();
      const trace = EventTrace.of(event, parsed.data.traceparent, { tracing, cameAtUs });
      if (trace) event.trace = trace;
      ledger.add(event);
      appender.add(event);
    }
    return true;
  };
  const follower = new FeedFollower({
    url: config.VENDOR_URL,
    token: config.CONTROL_TOKEN,
    cursor: () => intake!.cursor,
    take: takeLine,
    metrics,
  });

  /** PostgreSQL says where an earlier life left off; nothing can be numbered before that is known. */
  const begin = async () => {
    await store.migrate();
    const entries = await Array.fromAsync(store.all());
    const standing = await store.standing();
    const streams = await store.streams();
    for (const entry of entries) ledger.add(entry);
    publisher.addStreams(streams);
    for (const [stream, seq] of standing.seqs) publisher.standsAt(stream, seq);
    intake = new Intake(standing, nowUs);
    publisher.start();
    follower.start();
  };
  const closing = new AbortController();
  const begun = (async () => {
    const backoff = new Backoff({ firstMs: 20, mostMs: 250 });
    while (!closing.signal.aborted) {
      try {
        return await begin();
      } catch (error) {
        log("waiting for postgres", { reason: messageOf(error) });
        await backoff.wait(closing.signal);
      }
    }
  })();

  const health = () => ({
    healthy: !closing.signal.aborted,
    ready: intake !== undefined && store.up && publisher.up && follower.up,
    postgres: store.up ? "up" : "down",
    redis: publisher.up ? "up" : "down",
    feed: follower.up ? "up" : "down",
    waitingForPostgres: appender.waiting,
    waitingForRedis: publisher.waiting,
  });
  const server = internalServer(config);
  traceRequests(server, tracing);
  healthRoute(server, health);
  await controlRoutes(server, config, (api) => {
    api.get<{ Querystring: { after?: string } }>("/v1/ledger", async (request, reply) => {
      const after = Number(request.query.after ?? 0);
      if (!Number.isSafeInteger(after) || after < 0) {
        return reply
          .code(400)
          .send({ code: "CURSOR_INVALID", fact: "after is the number of entries that you have" });
      }
      return ledger.after(after);
    });
    api.post("/v1/streams", async (request, reply) => {
      const parsed = streamsRequest.safeParse(request.body);
      if (!parsed.success) {
        return refuse(reply, 400, "STREAMS_INVALID", factOf(parsed.error));
      }
      if (!intake)
        return reply.code(503).send({ code: "NOT_READY", fact: "PostgreSQL has not been reached yet" });
      const { streams } = parsed.data;
      await tracing.during(spanOf(request), "postgres add_streams", () => store.addStreams(streams));
      publisher.addStreams(streams);
      return reply.code(201).send({});
    });
  });

  const admin = await startAdmin(config, metrics, health, { tracing });
  await server.listen({ host: config.HOST, port: config.PORT });
  return {
    async stop() {
      closing.abort();
      await begun;
      // What was taken in goes to the table, and from there to Redis, where both are there to take it.
      await Promise.all([follower.close(), appender.close()]);
      await publisher.close();
      await store.close();
      await server.close();
      await tracing.close();
      await admin.close();
    },
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

await runService("scores", startScores);
