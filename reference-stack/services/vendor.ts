/** The data vendor, simulated: says what its script holds, each message at its instant, to whoever follows. */
import { wallClock } from "../../common/clock.ts";
import type { FeedMessage } from "../../common/match-day.ts";
import { refuse } from "../../common/refused-requests.ts";
import { parseTraceparent } from "../../common/trace-context.ts";
import { controlRoutes, healthRoute, internalServer, startAdmin } from "../service-kit/admin.ts";
import { readConfig, servicePorts } from "../service-kit/config.ts";
import { factOf } from "../service-kit/json-errors.ts";
import { ServiceMetrics } from "../service-kit/metrics.ts";
import { type RunningService, runService } from "../service-kit/run.ts";
import { startTracing, tracingShape } from "../service-kit/start-tracing.ts";
import { traceRequests } from "../service-kit/traced-requests.ts";
import { Feed } from "./data-vendor/feed.ts";
import { scheduleOf } from "./data-vendor/schedule.ts";
import { feedRequest } from "./data-vendor/script-schema.ts";

async function startVendor(): Promise<RunningService> {
  const config = readConfig({ ...servicePorts, ...tracingShape }, process.env);
  const metrics = new ServiceMetrics("vendor");
  const tracing = await startTracing("vendor", config, metrics);
  /** From the instant at which it was due, so that a follower who was away shows. */
  const traceSaid = ({ traceparent, n, stream, class: eventClass, sourceAtUs }: FeedMessage) => {
    const ids = parseTraceparent(traceparent);
    if (!ids) return;
    const attributes = { stream, class: eventClass, n };
    tracing.start(`say ${eventClass}`, { kind: "producer", ids, startUs: sourceAtUs, attributes }).end();
  };
  const feed = new Feed(wallClock, traceSaid);
  metrics.gauge("connections", "Followers of the feed", (gauge) => gauge.set(feed.followers));
  metrics.gauge("feed_messages_due", "Messages whose instant has come", (gauge) => gauge.set(feed.said));
  const health = () => ({ healthy: true, ready: true, begun: feed.begun, said: feed.said });

  // A script of a long match day is some megabytes.
  const server = internalServer(config, { bodyLimit: 64 * 1024 * 1024 });
  traceRequests(server, tracing);
  healthRoute(server, health);
  await controlRoutes(server, config, (api) => {
    api.post("/v1/feed", async (request, reply) => {
      const parsed = feedRequest.safeParse(request.body);
      if (!parsed.success) {
        return refuse(reply, 400, "FEED_INVALID", factOf(parsed.error));
      }
      if (feed.begun) {
        return reply.code(409).send({ code: "FEED_BEGUN", fact: "the feed has its script already" });
      }
      const messages = scheduleOf(parsed.data.script, parsed.data.startAtUs);
      feed.begin(messages);
      return reply.code(201).send({ messages: messages.length });
    });
    api.get<{ Querystring: { after?: string } }>("/feed", (request, reply) => {
      const after = Number(request.query.after ?? 0);
      if (!Number.isSafeInteger(after) || after < 0) {
        reply
          .code(400)
          .send({ code: "CURSOR_INVALID", fact: "after is the number of the last message that you have" });
        return;
      }
      reply.hijack();
      reply.raw.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
      reply.raw.flushHeaders();
      feed.follow(after, reply.raw).catch((error: Error) => reply.raw.destroy(error));
    });
  });

  const admin = await startAdmin(config, metrics, health, { tracing });
  await server.listen({ host: config.HOST, port: config.PORT });
  return {
    async stop() {
      feed.close();
      await server.close();
      await tracing.close();
      await admin.close();
    },
  };
}

await runService("vendor", startVendor);
