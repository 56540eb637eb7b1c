import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { refuse } from "../../../common/refused-requests.ts";
import { factOf } from "../../service-kit/json-errors.ts";
import type { RedisClient } from "../../service-kit/redis-link.ts";
import { RedisAway } from "../presale/redis-away.ts";
import { presaleRequest } from "../presale/script-schema.ts";
import { auditOf } from "./audit.ts";
import type { OpenPresales } from "./open-presales.ts";

const decisionsQuery = z.strictObject({ afterUs: z.coerce.number().int().min(0).default(0) });

interface AdmissionApi {
  presales: OpenPresales;
  /** A connection of its own, for what takes long; whoever asks for it ends it. Rejects with RedisAway. */
  connect(): Promise<RedisClient>;
}

/** What the harness asks of admission. */
export function admissionRoutes(api: FastifyInstance, { presales, connect }: AdmissionApi): void {
  const { runs } = presales;
  const unknown = (reply: FastifyReply) => refuse(reply, 404, "PRESALE_UNKNOWN", "there is no such presale");

  api.setErrorHandler((error, _, reply) => {
    if (!(error instanceof RedisAway)) throw error;
    reply.header("retry-after", "1");
    return refuse(reply, 503, "NOT_READY", "Redis is away");
  });

  api.post("/v1/presales", async (request, reply) => {
    const parsed = presaleRequest.safeParse(request.body);
    if (!parsed.success) return refuse(reply, 400, "PRESALE_INVALID", factOf(parsed.error));
    const { event } = parsed.data;
    const run = await presales.open(parsed.data);
    if (!run) return refuse(reply, 409, "PRESALE_OPEN", `there is a presale of ${event} already`);
    return reply.code(201).send({ event, seats: run.seats });
  });

  api.get<{ Params: { event: string } }>("/v1/presales/:event", async (request, reply) => {
    const run = runs.get(request.params.event);
    if (!run) return unknown(reply);
    const { queue, admitted, seatsFree, target, conflictRate, soldOutAtUs } = run;
    const soldOut = soldOutAtUs !== undefined;
    return { queue, admitted, seatsFree, perSecond: target, conflictRate, soldOut };
  });

  api.delete<{ Params: { event: string } }>("/v1/presales/:event", async (request, reply) => {
    if (!runs.has(request.params.event)) return unknown(reply);
    await presales.close(request.params.event);
    return reply.code(204).send();
  });

  api.get<{ Params: { event: string } }>("/v1/presales/:event/decisions", async (request, reply) => {
    const run = runs.get(request.params.event);
    if (!run) return unknown(reply);
    const query = decisionsQuery.safeParse(request.query);
    if (!query.success) return refuse(reply, 400, "DECISIONS_INVALID", factOf(query.error));
    return run.decisionsAfter(query.data.afterUs);
  });

  // Nobody is let in from now on, so that what is read next stays true.
  api.post("/v1/quiesce", async () => {
    for (const run of runs.values()) run.quiesced = true;
    return {};
  });

  api.get("/v1/audit", async (_, reply) => {
    const client = await connect();
    const pieces = async function* () {
      try {
        yield* joined(runs.values().flatMap((run) => [auditOf(client, run)]));
      } finally {
        client.destroy();
      }
    };
    return reply.type("application/x-ndjson").send(Readable.from(pieces(), { objectMode: false }));
  });
}

const pieceBytes = 64 * 1024;

/** Lines, many to a piece. */
async function* joined(sources: Iterable<AsyncIterable<unknown>>): AsyncGenerator<string> {
  let text = "";
  for (const source of sources) {
    for await (const entry of source) {
      text += `${JSON.stringify(entry)}\n`;
      if (text.length < pieceBytes) continue;
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}
