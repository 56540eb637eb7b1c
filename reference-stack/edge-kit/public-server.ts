import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { refuseMalformed } from "../../common/refused-requests.ts";
import type { Health } from "../service-kit/admin.ts";

/** Plain HTTP beside `Acceptor`, which hands it connections: it does not listen itself. */
export function publicServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer({ keepAliveTimeout: 5_000 }, answer);
  // Of a connection that stands still. Its first request is timed by `Acceptor`: this server does not listen, and so
  // does not look after `headersTimeout` and `requestTimeout`.
  server.timeout = 15_000;
  server.on("clientError", refuseMalformed);
  return server;
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": bytes.length });
  response.end(bytes);
}

export function sendHealth(response: ServerResponse, { healthy, ...rest }: Health): void {
  sendJson(response, healthy ? 200 : 503, { status: healthy ? "ok" : "stopping", ...rest });
}

export function sendProblem(response: ServerResponse, status: number, code: string, fact: string): void {
  sendJson(response, status, { code, fact });
}
