/** Servers that are for us alone: a conductor, an internal service, a service's control port. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { refusedBeforeRouting, refuseUnknownRoutes } from "./refused-requests.ts";

/** A header that has not come by then, and a body that has not, never will: whoever sends a byte a minute keeps no socket. */
const headersWithinMs = 5000;
const requestWithinMs = 30_000;

/** What nobody guesses; safe in a header, a query and a file name. */
export const newToken = (): string => randomBytes(24).toString("base64url");

/**
 * A server that takes JSON alone, drops requests that do not come to an end, and answers no page of another origin. On
 * loopback, it answers nobody who was led here by a name of somebody else's either (DNS rebinding).
 */
export function controlServer(
  { host = "127.0.0.1" }: { host?: string } = {},
  options: FastifyServerOptions = {},
): FastifyInstance {
  const namesMatter = isLoopback(host);
  const server = Fastify({
    forceCloseConnections: true,
    requestTimeout: requestWithinMs,
    http: { headersTimeout: headersWithinMs, connectionsCheckingInterval: 1000 },
    ...refusedBeforeRouting,
    ...options,
  }) as FastifyInstance;
  refuseUnknownRoutes(server);
  // A page of any origin may post plain text without asking first.
  server.removeContentTypeParser("text/plain");
  server.addHook("onRequest", async (request, reply) => {
    if (namesMatter && !isOurName(request.headers.host)) {
      return await reply.code(421).send({ code: "HOST_UNKNOWN", fact: "this server has no such name" });
    }
    const { origin } = request.headers;
    if (origin !== undefined && origin !== `http://${request.headers.host}`) {
      return await reply
        .code(403)
        .send({ code: "ORIGIN_REFUSED", fact: "pages of other origins are not served" });
    }
    return undefined;
  });
  return server;
}

/** Everything in this scope (a `register`ed plugin) wants `Authorization: Bearer <token>`, by the route that matched. */
export function requireToken(scope: FastifyInstance, token: string): void {
  const right = bearerIs(token);
  scope.addHook("onRequest", async (request, reply) => {
    if (right(request.headers.authorization)) return undefined;
    return await reply.code(401).send({ code: "UNAUTHORIZED", fact: "this needs the token of the run" });
  });
}

/** Takes as long for a token that is nearly right as for any other of its length. */
export function bearerIs(token: string): (authorization: string | undefined) => boolean {
  const expected = Buffer.from(`Bearer ${token}`);
  return (authorization = "") => {
    const given = Buffer.from(authorization);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

const isLoopback = (host: string) => host === "localhost" || host === "::1" || host.startsWith("127.");

/** An address, or a name without a dot such as `localhost`: nobody can register such a one. */
export function isOurName(host: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host ?? "")?.[1] ?? "";
  if (name.startsWith("[")) return isIP(name.slice(1, -1)) === 6;
  return isIP(name) === 4 || /^[a-z0-9_-]+$/i.test(name);
}
