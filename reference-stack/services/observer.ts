/**
 * What watches the stack for Prometheus: Redis and PostgreSQL, asked at each scrape, and what the harness measures. It is the
 * way to Toxiproxy too, which is in its network alone.
 */

import { controlRoutes, healthRoute, internalServer, startAdmin } from "../service-kit/admin.ts";
import { readConfig, servicePorts, url } from "../service-kit/config.ts";
import { ServiceMetrics } from "../service-kit/metrics.ts";
import { type RunningService, runService } from "../service-kit/run.ts";
import { Exposition } from "./observer/exposition.ts";
import { postgresFigures, redisFigures } from "./observer/figures.ts";
import { PostgresSource } from "./observer/postgres-source.ts";
import { RedisSource } from "./observer/redis-source.ts";
import { toxiproxyGate } from "./observer/toxiproxy-gate.ts";
import { watch } from "./observer/watch.ts";

const postgresUrl = url("postgres", "postgresql");
const configShape = {
  ...servicePorts,
  REDIS_URL: url("redis", "rediss"),
  POSTGRES_URL: postgresUrl,
  REPLICA_URL: postgresUrl,
  TOXIPROXY_URL: url("http"),
};

/** The histograms of a long run, by class and phase, take some hundred kilobytes. */
const expositionLimitBytes = 8 * 1024 * 1024;

async function startObserver(): Promise<RunningService> {
  const config = readConfig(configShape, process.env);
  const metrics = new ServiceMetrics("observer");
  const redis = new RedisSource(config.REDIS_URL);
  const postgres = new PostgresSource(config.POSTGRES_URL, config.REPLICA_URL);
  watch(metrics.registry, "redis", redisFigures, () => redis.ask());
  watch(metrics.registry, "postgres", postgresFigures, () => postgres.ask());

  const exposition = new Exposition(() => performance.now());
  const health = () => ({ healthy: true, ready: true });
  const server = internalServer(config, { bodyLimit: expositionLimitBytes });
  healthRoute(server, health);
  await controlRoutes(server, config, (api) => {
    api.addContentTypeParser("text/plain", { parseAs: "string" }, (_, text, done) => done(null, text));
    api.post<{ Body: string }>("/v1/exposition", async (request, reply) => {
      if (typeof request.body !== "string") {
        return reply.code(415).send({ code: "EXPOSITION_INVALID", fact: "expected Prometheus' text format" });
      }
      exposition.replace(request.body);
      return reply.code(204).send();
    });
    // Apart from what is measured here: two texts that know nothing of each other cannot be one that is valid.
    api.get("/v1/exposition", async (_, reply) =>
      reply.type("text/plain; version=0.0.4; charset=utf-8").send(exposition.text),
    );
  });
  await toxiproxyGate(server, { url: config.TOXIPROXY_URL, token: config.CONTROL_TOKEN });
  const admin = await startAdmin(config, metrics, health);
  await server.listen({ host: config.HOST, port: config.PORT });
  return {
    async stop() {
      await server.close();
      await admin.close();
      await Promise.all([redis.close(), postgres.close()]);
    },
  };
}

await runService("observer", startObserver);
