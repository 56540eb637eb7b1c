/** What a server answers to requests that reach no route of it, as `{ code, fact }` like every refusal. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
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
function refuseMalformed({ code }: { code?: string }, socket: Socket): void {
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, name, fact] = malformed[code ?? ""] ?? [400, "REQUEST_MALFORMED", "this is no HTTP request"];
  const body = JSON.stringify({ code: name, fact });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json`;
  socket.end(`${head}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
}

const malformed: Record<string, [status: number, code: string, fact: string]> = {
  HPE_HEADER_OVERFLOW: [431, "HEADERS_TOO_LARGE", "the headers are longer than 16 KB"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "REQUEST_TIMEOUT", "the request did not come to its end"],
};

export function refuse(reply: FastifyReply, status: number, code: string, fact: string, more: object = {}) {
  return reply.code(status).send({ code, fact, ...more });
}
