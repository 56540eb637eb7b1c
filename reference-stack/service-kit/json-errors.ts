import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyServerOptions } from "fastify";
import type { z } from "zod";
import { log } from "./log.ts";

/** Fastify's own refusals, in our words (fastify.dev, Reference/Errors). */
const codes: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "MEDIA_TYPE_UNSUPPORTED",
  FST_ERR_CTP_EMPTY_JSON_BODY: "BODY_INVALID",
  FST_ERR_CTP_INVALID_JSON_BODY: "BODY_INVALID",
};

/** Every refusal is `{ code, fact }`; what nobody foresaw is a 500 that the log explains, and the answer does not. */
export function answerErrorsAsJson(server: FastifyInstance): void {
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return refuse(reply, status, codes[error.code] ?? "REQUEST_INVALID", error.message);
    log("a request failed", { method: request.method, url: request.url, reason: error.message });
    return refuse(reply, 500, "INTERNAL", "this should not have happened; the log of the service says more");
  });
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

/** The first thing that is wrong, with its place. */
export function factOf(error: z.ZodError): string {
  const { path, message } = error.issues[0]!;
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}
