/** What a server answers to requests that reach no route of it, as `{ code, fact }` like every refusal. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyServerOptions } from "fastify";

export function refuseUnknownRoutes(server: FastifyInstance): void {
  server.setNotFoundHandler((request, reply) =>
    refuse(reply, 404, "ROUTE_UNKNOWN", `nothing answers ${request.method} here`),
  );
}

/** Options of a server: what comes to no route, since it is no HTTP request or its path is none, is refused in the same shape. */
export const refusedBeforeRouting = {
  clientErrorHandler: refuseMalformed,
  frameworkErrors: (error, _, reply) => {
    refuse(reply, error.statusCode ?? 400, "REQUEST_INVALID", error.message);
  },
} satisfies FastifyServerOptions;

/** What is no HTTP request has no reply to answer with. */
export function refuseMalformed({ code }: { code?: string }, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(bareProblem(...(malformed[code ?? ""] ?? noRequest)));
}

type Problem = [status: number, code: string, fact: string];
const noRequest: Problem = [400, "REQUEST_MALFORMED", "this is no HTTP request"];
const malformed: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: [431, "HEADERS_TOO_LARGE", "the headers are longer than 16 KB"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "REQUEST_TIMEOUT", "the request did not come to its end"],
};

export function refuse(reply: FastifyReply, status: number, code: string, fact: string, more: object = {}) {
  return reply.code(status).send({ code, fact, ...more });
}

/** A whole answer for a bare socket, after which the connection ends. */
export function bareProblem(status: number, code: string, fact: string, headers: string[] = []): string {
  const body = JSON.stringify({ code, fact });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...headers,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
