import type { FastifyError, FastifyInstance } from "fastify";
import type { z } from "zod";
import { refuse } from "../../common/refused-requests.ts";
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
}

/** The first thing that is wrong, with its place. */
export function factOf(error: z.ZodError): string {
  const { path, message } = error.issues[0]!;
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}
