import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { KnownPresale } from "../presale/presales.ts";
import { type BoxOffice, presaleOf } from "./office.ts";

interface VenueBody {
  bytes: Buffer;
  etag: string;
}

/** What does not change while a presale lasts; a client, or a cache before us, asks once. */
const maxAgeSeconds = 3600;

export function venueRoutes(api: FastifyInstance, office: BoxOffice): void {
  const bodies = new WeakMap<KnownPresale, VenueBody>();
  api.get<{ Params: { event: string } }>("/api/venues/:event", async (request, reply) => {
    const presale = await presaleOf(office, request.params.event);
    let body = bodies.get(presale);
    if (!body) {
      body = venueBody(presale);
      bodies.set(presale, body);
    }
    reply.header("etag", body.etag).header("cache-control", `public, max-age=${maxAgeSeconds}`);
    if (request.headers["if-none-match"] === body.etag) return reply.code(304).send();
    return reply.type("application/json").send(body.bytes);
  });
}

function venueBody({ script: { event, venue, purchaseLimit, holdMs } }: KnownPresale): VenueBody {
  const bytes = Buffer.from(JSON.stringify({ event, purchaseLimit, holdMs, venue }));
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  return { bytes, etag };
}
