/** The box office: where the seats are, holds, and what becomes of them. It keeps nothing: there may be any number of it. */
import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { z } from "zod";
import { nowUs } from "../../common/clock.ts";
import { refusedBeforeRouting, refuseUnknownRoutes } from "../../common/refused-requests.ts";
import { healthRoute, startAdmin } from "../service-kit/admin.ts";
import { readConfig, servicePorts, url } from "../service-kit/config.ts";
import { answerErrorsAsJson } from "../service-kit/json-errors.ts";
import { ServiceMetrics } from "../service-kit/metrics.ts";
import { RedisLink } from "../service-kit/redis-link.ts";
import { type RunningService, runService } from "../service-kit/run.ts";
import { startTracing, tracingShape } from "../service-kit/start-tracing.ts";
import { traceRequests } from "../service-kit/traced-requests.ts";
import { WideListener } from "../service-kit/wide-listener.ts";
import { Availability } from "./box-office/availability.ts";
import { Bookings, bookingsShape } from "./box-office/bookings.ts";
import { HoldMetrics } from "./box-office/hold-metrics.ts";
import { holdRoutes } from "./box-office/hold-routes.ts";
import { Holds } from "./box-office/holds.ts";
import { answerRefusals, type BoxOffice } from "./box-office/office.ts";
import { Pace } from "./box-office/pace.ts";
import { Reconciler } from "./box-office/reconciler.ts";
import { sectionRoutes } from "./box-office/sections.ts";
import { Survey } from "./box-office/survey.ts";
import { Upkeep } from "./box-office/upkeep.ts";
import { venueRoutes } from "./box-office/venue.ts";
import { defect } from "./presale/defect.ts";
import { JobLease } from "./presale/job-lease.ts";
import { Presales } from "./presale/presales.ts";
import { Tokens, ticketSecret } from "./presale/tokens.ts";

const configShape = {
  ...servicePorts,
  ...tracingShape,
  ...bookingsShape,
  NAME: z.string().regex(/^[\w-]{1,64}$/),
  REDIS_URL: url("redis", "rediss"),
  TICKET_SECRET: ticketSecret,
  DEFECT: defect,
};

/** Whoever sends a byte a minute keeps no socket. */
const headersWithinMs = 5000;
const requestWithinMs = 10_000;
/** A hold of 100 seats is 3 KB. */
const bodyLimit = 16 * 1024;

async function startBoxOffice(): Promise<RunningService> {
  const config = readConfig(configShape, process.env);
  const metrics = new ServiceMetrics(config.NAME);
  const tracing = await startTracing(config.NAME, config, metrics);
  const redis = new RedisLink({ url: config.REDIS_URL, metrics });
  const presales = new Presales(redis);
  const availability = new Availability({ redis });
  const holdMetrics = new HoldMetrics(metrics);
  const holds = new Holds({ redis, metrics: holdMetrics, defect: config.DEFECT });
  const lease = new JobLease(redis, config.NAME);
  const reconciler = new Reconciler({ redis, lease, defect: config.DEFECT });
  const survey = new Survey(redis, metrics);
  const pace = new Pace({ redis, metrics });
  const upkeep = new Upkeep({ redis, presales, availability, reconciler, survey, holdMetrics, pace });
  const tokens = new Tokens(config.TICKET_SECRET);
  const office: BoxOffice = { redis, presales, tokens, holds, availability, metrics, tracing, nowUs };
  const bookings = new Bookings({ config, name: config.NAME, office, redis, defect: config.DEFECT });

  let stopping = false;
  const health = () => ({
    healthy: !stopping,
    redis: redis.up ? "up" : "down",
    ...bookings.health,
    ready: !stopping && redis.up && bookings.health.ready,
    presales: [...presales.all()].length,
  });
  const server = Fastify({
    bodyLimit,
    forceCloseConnections: true,
    requestTimeout: requestWithinMs,
    http: { headersTimeout: headersWithinMs, connectionsCheckingInterval: 1000 },
    ...refusedBeforeRouting,
    routerOptions: { maxParamLength: 128 },
  });
  // JSON is all that is taken; another type is told so.
  server.removeContentTypeParser("text/plain");
  refuseUnknownRoutes(server);
  answerErrorsAsJson(server);
  traceRequests(server, tracing);
  healthRoute(server, health);
  await server.register(async (api) => {
    answerRefusals(api);
    pace.watch(api);
    venueRoutes(api, office);
    sectionRoutes(api, office);
    holdRoutes(api, office);
    bookings.routes(api);
  });

  const admin = await startAdmin(config, metrics, health, {
    tracing,
    orders: (scope) => bookings.orders(scope),
  });
  redis.start();
  presales.start();
  upkeep.start();
  // As `http.Server` makes its own sockets.
  const wide = new WideListener({ allowHalfOpen: true, noDelay: true }, (socket) =>
    server.server.emit("connection", socket),
  );
  await wide.listen({ host: config.HOST, port: config.PORT }, async (options) => {
    await server.listen(options);
    return (server.server.address() as AddressInfo).port;
  });
  return {
    async stop() {
      stopping = true;
      wide.close();
      await server.close();
      await Promise.all([upkeep.stop(), bookings.close()]);
      presales.stop();
      await redis.close();
      await tracing.close();
      await admin.close();
    },
  };
}

await runService("box-office", startBoxOffice);
