import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OpenSpan, Tracing } from "./tracing.ts";

const spans = new WeakMap<FastifyRequest, OpenSpan>();

/** The span of a request; `undefined` when it is not sampled. */
export const spanOf = (request: FastifyRequest): OpenSpan | undefined => spans.get(request);

/** A span for each sampled request to the API of a service; what is asked each second for its health is none. */
export function traceRequests(server: FastifyInstance, tracing: Tracing): void {
  server.addHook("onRequest", async (request) => {
    const route = request.routeOptions.url;
    if (!route?.startsWith("/v1/")) return;
    const traceparent = request.headers.traceparent;
    const span = tracing.request(
      `${request.method} ${route}`,
      Array.isArray(traceparent) ? undefined : traceparent,
    );
    if (span) spans.set(request, span);
  });
  server.addHook("onResponse", async (request, { statusCode }) => {
    spans
      .get(request)
      ?.set({ "http.response.status_code": statusCode })
      .end({ error: statusCode >= 500 ? `answered ${statusCode}` : undefined });
  });
}
