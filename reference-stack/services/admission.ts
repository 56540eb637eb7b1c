/** Admission: opens presales, and lets buyers in as fast as the box office can serve them. */

import { controlRoutes, healthRoute, internalServer, startAdmin } from "../service-kit/admin.ts";
import { readConfig, servicePorts, url } from "../service-kit/config.ts";
import { ServiceMetrics } from "../service-kit/metrics.ts";
import { newRedisClient, RedisLink } from "../service-kit/redis-link.ts";
import { type RunningService, runService } from "../service-kit/run.ts";
import { startTracing, tracingShape } from "../service-kit/start-tracing.ts";
import { traceRequests } from "../service-kit/traced-requests.ts";
import { admissionRoutes } from "./admission/api.ts";
import { admissionMetrics } from "./admission/metrics.ts";
import { OpenPresales } from "./admission/open-presales.ts";
import { Turnstile } from "./admission/turnstile.ts";
import { RedisAway } from "./presale/redis-away.ts";

const configShape = { ...servicePorts, ...tracingShape, REDIS_URL: url("redis", "rediss") };

async function startAdmission(): Promise<RunningService> {
  const config = readConfig(configShape, process.env);
  const metrics = new ServiceMetrics("admission");
  const tracing = await startTracing("admission", config, metrics);
  const presales: OpenPresales = new OpenPresales(() => link);
  const connect = async () => {
    const client = newRedisClient(config.REDIS_URL);
    client.on("error", () => {});
    return client.connect().catch((cause) => {
      throw new RedisAway("Redis does not answer", { cause });
    });
  };
  const link = new RedisLink({ url: config.REDIS_URL, metrics, prepare: () => presales.load() });
  const turnstile = new Turnstile(link, presales.runs);
  admissionMetrics(metrics, presales.runs);

  let stopping = false;
  const health = () => ({
    healthy: !stopping,
    ready: !stopping && link.up,
    redis: link.up ? "up" : "down",
    presales: [...presales.runs.keys()],
  });
  const server = internalServer(config, { routerOptions: { maxParamLength: 128 } });
  traceRequests(server, tracing);
  healthRoute(server, health);
  await controlRoutes(server, config, (api) => admissionRoutes(api, { presales, connect }));
  const admin = await startAdmin(config, metrics, health, { tracing });
  await server.listen({ host: config.HOST, port: config.PORT });
  link.start();
  return {
    async stop() {
      stopping = true;
      turnstile.close();
      await server.close();
      await link.close();
      await tracing.close();
      await admin.close();
    },
  };
}

await runService("admission", startAdmission);
