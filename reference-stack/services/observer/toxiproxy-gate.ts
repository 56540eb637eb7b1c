import type { FastifyInstance } from "fastify";
import { bearerIs } from "../../../common/control-server.ts";
import { messageOf } from "../../../common/errors.ts";
import { refuse } from "../../../common/refused-requests.ts";

const prefix = "/toxiproxy";
const answerWithinMs = 10_000;

/**
 * Hands orders on to a Toxiproxy that nobody outside of the stack's network reaches, since it takes them from anybody. Who gives
 * them has the stack's token, as `Bearer` or as the password of the user `matchday`.
 */
export async function toxiproxyGate(
  server: FastifyInstance,
  { url, token }: { url: string; token: string },
): Promise<void> {
  const isBearer = bearerIs(token);
  const isBasic = bearerIs(Buffer.from(`matchday:${token}`).toString("base64"));
  await server.register(async (scope) => {
    scope.addHook("onRequest", async ({ headers: { authorization = "" } }, reply) => {
      if (isBearer(authorization) || isBasic(authorization.replace(/^Basic /, "Bearer "))) return undefined;
      reply.header("www-authenticate", 'Basic realm="toxiproxy"');
      return await refuse(reply, 401, "UNAUTHORIZED", "this needs the token of the stack");
    });
    scope.all(`${prefix}/*`, async (request, reply) => {
      const { method, body } = request;
      let answer: Response;
      try {
        answer = await fetch(url + request.url.slice(prefix.length), {
          method,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          headers: { "content-type": "application/json" },
          signal: AbortSignal.timeout(answerWithinMs),
        });
      } catch (error) {
        return refuse(reply, 502, "TOXIPROXY_AWAY", messageOf(error));
      }
      const type = answer.headers.get("content-type") ?? "text/plain";
      return reply
        .code(answer.status)
        .type(type)
        .send(await answer.text());
    });
  });
}
