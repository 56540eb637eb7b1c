import Fastify, { type FastifyInstance } from "fastify";
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

/** The port of a service that clients do not see: `/healthz`, `/metrics`, `/figures`, and `/spans` where it traces. */
export async function startAdmin(
  { HOST, METRICS_PORT }: { HOST: string; METRICS_PORT: number },
  metrics: ServiceMetrics,
  health: () => Health,
  tracing?: Tracing,
): Promise<FastifyInstance> {
  const server = Fastify({ forceCloseConnections: true });
  healthRoute(server, health);
  server.get("/metrics", async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  server.get("/figures", async () => metrics.figures());
  if (tracing) server.get("/spans", async () => tracing.buffer.take());
  await server.listen({ host: HOST, port: METRICS_PORT });
  return server;
}
