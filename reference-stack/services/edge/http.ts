import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { header, publicServer, sendHealth, sendProblem } from "../../edge-kit/public-server.ts";
import type { Streams } from "../../edge-kit/streams.ts";
import type { Health } from "../../service-kit/admin.ts";
import type { OpenSpan, Tracing } from "../../service-kit/tracing.ts";
import type { MatchChannel } from "./channel.ts";
import { routeOf } from "./routes.ts";

interface EdgeHttpOptions {
  edge: string;
  channels: Map<string, MatchChannel>;
  streams: Streams<MatchChannel>;
  tracing: Pick<Tracing, "request">;
  synced(): boolean;
  health(): Health;
}

/** Names of the spans of requests. */
export const streamRoute = "GET /api/match/{match}/events";
const stateRoute = "GET /api/match/{match}/state";

/** The public API over plain HTTP. It does not listen: `Acceptor` hands it connections. */
export function edgeHttp(options: EdgeHttpOptions): Server {
  return publicServer((request, response) => answer(request, response, options));
}

function answer(request: IncomingMessage, response: ServerResponse, options: EdgeHttpOptions): void {
  response.setHeader("X-Edge", options.edge);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    sendProblem(response, 405, "METHOD_NOT_ALLOWED", `${request.method} is not for this`);
    return;
  }
  const route = routeOf(request.url ?? "/", { channels: options.channels, synced: options.synced() });
  const traceparent = header(request, "traceparent");
  if (route.to === "state" || route.to === "problem") {
    const name = route.to === "state" ? stateRoute : "GET";
    endWithAnswer(options.tracing.request(name, traceparent), response);
  }
  if (route.to === "problem") sendProblem(response, route.status, route.code, route.fact);
  else if (route.to === "health") sendHealth(response, options.health());
  else if (route.to === "state") sendState(request, response, route.channel);
  else openStream(request, response, route, options);
}

function openStream(
  request: IncomingMessage,
  response: ServerResponse,
  { channel, query }: { channel: MatchChannel; query: string },
  { streams, tracing, health }: EdgeHttpOptions,
): void {
  if (!health().healthy) {
    sendProblem(response, 503, "STOPPING", "this edge is going away");
  } else if (request.method === "HEAD") {
    response.writeHead(200, {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store, no-transform",
    });
    response.end();
  } else if (request.httpVersion !== "1.1") {
    sendProblem(response, 505, "HTTP_VERSION", "a stream needs HTTP/1.1");
  } else {
    // A stream may be silent for as long as it likes.
    request.socket.setTimeout(0);
    // The response is never used: frames are written as they are, as on the short way of `Acceptor`.
    streams.open(request.socket, channel, {
      lastEventId: header(request, "last-event-id"),
      client: clientIn(query) ?? header(request, "x-client-id"),
      span: tracing.request(streamRoute, header(request, "traceparent")),
    });
  }
}

export function clientIn(query: string): string | undefined {
  if (query === "") return undefined;
  return new URLSearchParams(query).get("client") ?? undefined;
}

function endWithAnswer(span: OpenSpan | undefined, response: ServerResponse): void {
  if (!span) return;
  response.once("close", () => span.set({ "http.response.status_code": response.statusCode }).end());
}

function sendState(request: IncomingMessage, response: ServerResponse, channel: MatchChannel): void {
  const etag = `"${channel.seq}"`;
  response.setHeader("ETag", etag);
  response.setHeader("X-Seq", channel.seq);
  response.setHeader("Cache-Control", "no-cache");
  response.setHeader("Access-Control-Allow-Origin", "*");
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304).end();
    return;
  }
  const body = channel.stateBody;
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}
