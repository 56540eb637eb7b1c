import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { headerIn, headerPattern, type ShortWay } from "../../edge-kit/acceptor.ts";
import { header, publicServer, sendHealth, sendProblem } from "../../edge-kit/public-server.ts";
import type { Health } from "../../service-kit/admin.ts";
import type { Tracing } from "../../service-kit/tracing.ts";
import { type AskContext, askOf } from "./asks.ts";
import type { Lobby } from "./lobby.ts";

interface WaitingRoomHttpOptions {
  edge: string;
  lobby: Lobby;
  tracing: Pick<Tracing, "request">;
  context(): AskContext;
  health(): Health;
  refused(code: string): void;
  /** Gives a place up, by its ticket. */
  leave(event: string, query: URLSearchParams): Promise<{ status: number; code: string; fact: string }>;
  /** Answers a request for the stream of seats of a presale. */
  seats(request: IncomingMessage, response: ServerResponse, event: string): Promise<void>;
}

/** Name of the span of a request for a place. */
const queueRoute = "GET /api/presales/{event}/queue";
const presalePath = /^\/api\/presales\/([\w-]{1,64})\/(queue|seats\/stream)$/;

/** A request for a place whose every part is right; the HTTP server says what is wrong with all others. */
export function queueStreams({ lobby, tracing, context }: WaitingRoomHttpOptions): ShortWay {
  const patterns = {
    "x-fingerprint": headerPattern("x-fingerprint"),
    "x-challenge": headerPattern("x-challenge"),
    "x-buyer-secret": headerPattern("x-buyer-secret"),
  };
  const traceparent = headerPattern("traceparent");
  return {
    request: /^GET (\/api\/presales\/[\w-]{1,64}\/queue\?[^\s#]*) HTTP\/1\.1\r\n/,
    open(socket, target, head) {
      const { event, query } = parse(target);
      const ask = askOf(event!, query, (name) => headerIn(head, patterns[name]), context());
      if ("status" in ask) return false;
      lobby.open(socket, ask, tracing.request(queueRoute, headerIn(head, traceparent)));
      return true;
    },
  };
}

/** The public API over plain HTTP. It does not listen: `Acceptor` hands it connections. */
export function waitingRoomHttp(options: WaitingRoomHttpOptions): Server {
  return publicServer((request, response) => {
    answer(request, response, options).catch(() => response.destroy());
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: WaitingRoomHttpOptions,
): Promise<void> {
  const { edge, health, seats } = options;
  response.setHeader("X-Edge", edge);
  const { path, event, to, query } = parse(request.url ?? "/");
  if (path === "/healthz") sendHealth(response, health());
  else if (event === undefined) sendProblem(response, 404, "NOT_FOUND", "there is nothing here");
  else if (request.method === "DELETE" && to === "queue") {
    const { status, code, fact } = await options.leave(event, query);
    if (status === 204) response.writeHead(204).end();
    else sendProblem(response, status, code, fact);
  } else if (request.method !== "GET") {
    response.setHeader("Allow", to === "queue" ? "GET, DELETE" : "GET");
    sendProblem(response, 405, "METHOD_NOT_ALLOWED", `${request.method} is not for this`);
  } else if (to === "queue") openStream(request, response, event, query, options);
  else await seats(request, response, event);
}

function openStream(
  request: IncomingMessage,
  response: ServerResponse,
  event: string,
  query: URLSearchParams,
  { lobby, tracing, context, health, refused }: WaitingRoomHttpOptions,
): void {
  const span = tracing.request(queueRoute, header(request, "traceparent"));
  const ask = askOf(event, query, (name) => header(request, name), context());
  const problem =
    "status" in ask
      ? ask
      : !health().healthy
        ? { status: 503, code: "STOPPING", fact: "this edge is going away" }
        : request.httpVersion !== "1.1"
          ? { status: 505, code: "HTTP_VERSION", fact: "a stream needs HTTP/1.1" }
          : undefined;
  if (problem) {
    refused(problem.code);
    span?.set({ "http.response.status_code": problem.status }).end();
    sendProblem(response, problem.status, problem.code, problem.fact);
  } else if (!("status" in ask)) {
    // A stream may be silent for as long as it likes.
    request.socket.setTimeout(0);
    // The response is never used: frames are written as they are, as on the short way of `Acceptor`.
    lobby.open(request.socket, ask, span);
  }
}

function parse(target: string): { path: string; event?: string; to?: string; query: URLSearchParams } {
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const [, event, to] = presalePath.exec(path) ?? [];
  const query = new URLSearchParams(mark === -1 ? "" : target.slice(mark + 1));
  return event === undefined ? { path, query } : { path, event, to: to!, query };
}
