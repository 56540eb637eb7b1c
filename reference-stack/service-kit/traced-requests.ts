import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OpenSpan, Tracing } from "./tracing.ts";

const spans = new WeakMap<FastifyRequest, OpenSpan>();

/** The span of a request; `undefined` when it is not sampled. */
export const spanOf = (request: FastifyRequest): OpenSpan | undefined => spans.get(request);

/** What the harness asks for each second is no flow of anybody's. */
const polled = new Set(["/v1/ledger"]);

/** A span for each sampled request to the API of a service. */
export function traceRequests(server: FastifyInstance, tracing: Tracing): void {
  server.addHook("onRequest", async (request) => {
    const route = request.routeOptions.url;
    if (!route || !/^\/(v1|api)\//.test(route) || polled.has(route)) return;
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
