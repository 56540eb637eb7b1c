import type { FastifyInstance } from "fastify";
import { refuse } from "../../../common/refused-requests.ts";
import { factOf } from "../../service-kit/json-errors.ts";
import type { Provider } from "./provider.ts";
import { behaviourBody, chargeBody, idempotencyKey, refundBody } from "./requests.ts";

export function paymentRoutes(server: FastifyInstance, provider: Provider): void {
  const { books } = provider;
  server.post("/v1/charges", (request, reply) => {
    const key = idempotencyKey.safeParse(request.headers["idempotency-key"]);
    if (!key.success) {
      return refuse(reply, 400, "KEY_INVALID", `Idempotency-Key: ${factOf(key.error)}`);
    }
    const body = chargeBody.safeParse(request.body);
    if (!body.success) return refuse(reply, 400, "CHARGE_INVALID", factOf(body.error));
    provider.charge({ key: key.data, ...body.data }, reply);
    return undefined;
  });
  server.post("/v1/refunds", (request, reply) => {
    const body = refundBody.safeParse(request.body);
    if (!body.success) return refuse(reply, 400, "REFUND_INVALID", factOf(body.error));
    provider.refund(body.data, reply);
    return undefined;
  });
  server.get<{ Querystring: { after?: string } }>("/v1/charges", async (request, reply) => {
    const after = Number(request.query.after ?? 0);
    if (!Number.isSafeInteger(after) || after < 0) {
      return refuse(reply, 400, "CURSOR_INVALID", "after is the number of charges that you have");
    }
    return books.after(after);
  });
  server.get("/v1/audit", async (_, reply) => {
    const lines = books.all().map((entry) => `${JSON.stringify(entry)}\n`);
    return reply.type("application/x-ndjson").send(lines.join(""));
  });
  server.get("/v1/behaviour", async () => provider.behaviour);
  server.put("/v1/behaviour", async (request, reply) => {
    const body = behaviourBody.safeParse(request.body);
    if (!body.success) return refuse(reply, 400, "BEHAVIOUR_INVALID", factOf(body.error));
    provider.behave(body.data);
    return provider.behaviour;
  });
}
