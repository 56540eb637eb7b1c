import type { FastifyInstance } from "fastify";
import { spanOf } from "../../service-kit/traced-requests.ts";
import type { KnownPresale } from "../presale/presales.ts";
import { askRedis } from "../presale/redis-away.ts";
import { LuaScript } from "../presale/script.ts";
import { type BoxOffice, presaleOf, Refusal } from "./office.ts";

const sample = new LuaScript("sample");

/** Places that are looked at for seats side by side: enough in a section that is half empty, cheap in one that is not. */
const places = 16;
/**
 * For so long others are offered other seats, while there are some: most have chosen by then. It is a hint and no hold, since
 * anybody may ask: whoever asks for everything keeps nothing from others.
 */
const offerMs = 2500;

interface SectionRequest {
  Params: { event: string; section: string };
  Querystring: { want?: string };
}

export function sectionRoutes(api: FastifyInstance, office: BoxOffice): void {
  const { availability, metrics, tracing } = office;
  const reads = metrics.counter("cache_reads_total", "Reads of what is cached, by what they found", [
    "cache",
    "result",
  ]);
  api.get<{ Params: { event: string } }>("/api/presales/:event/availability", async (request, reply) => {
    const presale = await presaleOf(office, request.params.event);
    const { body, cache } = await tracing.during(spanOf(request), "availability", () =>
      availability.read(presale),
    );
    reads.inc({ cache: "availability", result: cache });
    reply.header("x-cache", cache).header("cache-control", "no-store");
    return reply.type("application/json").send(body);
  });

  api.get<SectionRequest>("/api/presales/:event/sections/:section", async (request, reply) => {
    const { event, section } = request.params;
    const presale = await presaleOf(office, event);
    if (!presale.sections.has(section)) {
      throw new Refusal(404, "SECTION_UNKNOWN", "the venue has no such section");
    }
    const want = wanted(request.query.want, presale);
    const { keys } = presale;
    const asOfUs = office.nowUs();
    const seats = (await tracing.during(spanOf(request), "redis sample", () =>
      askRedis(office.redis, "sample", (client) =>
        sample.run(
          client,
          [keys.free(section), keys.offered(section), keys.soldOut],
          [want, places, Math.floor(asOfUs / 1000), offerMs],
        ),
      ),
    )) as string[];
    if (seats[0] === "sold-out") throw new Refusal(410, "SOLD_OUT", "all seats are sold");
    if (seats.length === 0) {
      throw new Refusal(410, "SECTION_SOLD_OUT", "no seat of this section is free", { asOfUs });
    }
    reply.header("cache-control", "no-store");
    return { seats, asOfUs };
  });
}

function wanted(text: string | undefined, { script: { purchaseLimit } }: KnownPresale): number {
  const want = /^[1-9]\d{0,2}$/.test(text ?? "1") ? Number(text ?? 1) : 0;
  if (want >= 1 && want <= purchaseLimit) return want;
  throw new Refusal(400, "WANT_INVALID", `want is a number from 1 to ${purchaseLimit}`);
}
