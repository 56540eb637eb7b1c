import type { FastifyInstance, FastifyServerOptions } from "fastify";
import { controlServer, requireToken } from "../../common/control-server.ts";
import { answerErrorsAsJson } from "./json-errors.ts";
import type { ServiceMetrics } from "./metrics.ts";
import type { Tracing } from "./tracing.ts";

/** `healthy: false` answers 503: take it out of the balance. `ready` is for whoever starts it. */
export interface Health {
  healthy: boolean;
  ready: boolean;
  [detail: string]: unknown;
}

export function healthRoute(server: FastifyInstance, health: () => Health): void {
  server.get("/healthz", async (_, reply) => {
    const { healthy, ...rest } = health();
    return reply.code(healthy ? 200 : 503).send({ status: healthy ? "ok" : "stopping", ...rest });
  });
}

interface ServicePlace {
  HOST: string;
  CONTROL_TOKEN: string;
}

/** A server for other parts of the stack and for the harness. */
export function internalServer({ HOST }: ServicePlace, options: FastifyServerOptions = {}): FastifyInstance {
  const server = controlServer({ host: HOST }, options);
  answerErrorsAsJson(server);
  return server;
}

/** Makes routes that want the stack's token. */
export async function controlRoutes(
  server: FastifyInstance,
  { CONTROL_TOKEN }: ServicePlace,
  routes: (scope: FastifyInstance) => void,
): Promise<void> {
  await server.register(async (scope) => {
    requireToken(scope, CONTROL_TOKEN);
    routes(scope);
  });
}

interface AdminOptions {
  tracing?: Tracing;
  /** Orders that a public service takes here, apart from its clients. */
  orders?(scope: FastifyInstance): void;
}

/**
 * The port of a service that clients do not see: `/healthz` and `/metrics` for whoever watches; with the stack's token `/figures`,
 * `/spans` where it traces, and orders.
 */
export async function startAdmin(
  config: ServicePlace & { METRICS_PORT: number },
  metrics: ServiceMetrics,
  health: () => Health,
  { tracing, orders }: AdminOptions = {},
): Promise<FastifyInstance> {
  const server = internalServer(config);
  healthRoute(server, health);
  server.get("/metrics", async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  await controlRoutes(server, config, (scope) => {
    scope.get("/figures", async () => metrics.figures());
    // Taken away by being told: no GET does that.
    if (tracing) scope.post("/spans", async () => tracing.buffer.take());
    orders?.(scope);
  });
  await server.listen({ host: config.HOST, port: config.METRICS_PORT });
  return server;
}
