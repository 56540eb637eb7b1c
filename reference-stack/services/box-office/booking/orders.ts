/** What the harness asks of a box office, apart from its buyers. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { MatchdayError } from "../../../../common/errors.ts";
import { refuse } from "../../../../common/refused-requests.ts";
import { factOf } from "../../../service-kit/json-errors.ts";
import { auditOf } from "./booking.ts";
import type { BookingStore } from "./booking-store.ts";
import type { BookingWorker } from "./worker.ts";

const quiesceBody = z
  .strictObject({ withinMs: z.number().int().min(1).max(300_000).default(30_000) })
  .default({ withinMs: 30_000 });

export function bookingOrders(
  api: FastifyInstance,
  { worker, store }: { worker: BookingWorker; store: BookingStore },
): void {
  api.post("/v1/quiesce", async (request, reply) => {
    const body = quiesceBody.safeParse(request.body ?? undefined);
    if (!body.success) return refuse(reply, 400, "QUIESCE_INVALID", factOf(body.error));
    try {
      await worker.quiesce(body.data.withinMs);
      return {};
    } catch (error) {
      if (!(error instanceof MatchdayError)) throw error;
      return refuse(reply, 503, error.code, error.message);
    }
  });

  api.get("/v1/audit", async (_, reply) =>
    reply.type("application/x-ndjson").send(Readable.from(auditLines(store))),
  );
}

async function* auditLines(store: BookingStore): AsyncGenerator<string> {
  for await (const { shard, booking } of store.all()) yield `${JSON.stringify(auditOf(booking, shard))}\n`;
}
