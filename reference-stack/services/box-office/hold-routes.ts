import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { factOf } from "../../service-kit/json-errors.ts";
import { spanOf } from "../../service-kit/traced-requests.ts";
import type { KnownPresale } from "../presale/presales.ts";
import { seatOf } from "../presale/seat-of.ts";
import type { HoldAnswer, ReleaseAnswer } from "./holds.ts";
import { type BoxOffice, buyerOf, idempotencyKeyOf, presaleOf, Refusal } from "./office.ts";

/** As many as any presale allows to one buyer; how many this one does is for Redis to hold to. */
const holdBody = z.strictObject({
  seats: z
    .array(z.string().max(48))
    .min(1)
    .max(100)
    .refine((seats) => new Set(seats).size === seats.length, "a seat stands there twice"),
});

const holdId = /^[\w-]{1,64}$/;

export function holdRoutes(api: FastifyInstance, office: BoxOffice): void {
  const { holds, tracing } = office;
  api.post<{ Params: { event: string } }>("/api/presales/:event/holds", async (request, reply) => {
    const presale = await presaleOf(office, request.params.event);
    const { event, holdMs, purchaseLimit } = presale.script;
    const buyer = buyerOf(office, request, { event });
    const idempotencyKey = idempotencyKeyOf(request);
    const seats = seatsIn(request.body, presale);
    const span = spanOf(request)?.set({ event, buyer, seats: seats.join(" ") });
    const answer = await tracing.during(span, "redis hold", () =>
      holds.hold({ event, buyer, seats, idempotencyKey, holdMs, purchaseLimit }),
    );
    span?.set({ outcome: answer.outcome });
    const { hold, deadlineUs } = grantOf(answer, purchaseLimit);
    return reply.code(201).send({ hold, seats, expiresAtUs: deadlineUs });
  });

  api.delete<{ Params: { event: string; hold: string } }>(
    "/api/presales/:event/holds/:hold",
    async (request, reply) => {
      const presale = await presaleOf(office, request.params.event);
      const { event } = presale.script;
      const buyer = buyerOf(office, request, { event, late: true });
      const { hold } = request.params;
      const answer = holdId.test(hold)
        ? await tracing.during(spanOf(request), "redis release", () => holds.release({ event, hold, buyer }))
        : { outcome: "unknown" as const };
      refuseUnlessReleased(answer);
      return reply.code(204).send();
    },
  );
}

function seatsIn(body: unknown, { sections }: KnownPresale): string[] {
  const parsed = holdBody.safeParse(body);
  if (!parsed.success) throw new Refusal(400, "HOLD_INVALID", factOf(parsed.error));
  const { seats } = parsed.data;
  if (!seats.every((seat) => seatOf(sections, seat))) {
    throw new Refusal(400, "SEAT_UNKNOWN", "the venue has no such seat");
  }
  return seats;
}

function grantOf(answer: HoldAnswer, purchaseLimit: number): { hold: string; deadlineUs: number } {
  switch (answer.outcome) {
    case "granted":
    case "repeated":
      return answer;
    case "taken":
      throw new Refusal(409, "SEAT_TAKEN", "somebody else was faster", { taken: answer.taken });
    case "over-limit":
      throw new Refusal(403, "LIMIT_EXCEEDED", `a buyer may have ${purchaseLimit} tickets`, {
        owned: answer.owned,
      });
    case "sold-out":
      throw new Refusal(410, "SOLD_OUT", "all seats are sold");
    case "key-reused":
      throw new Refusal(422, "KEY_REUSED", "this Idempotency-Key came with other seats before");
  }
}

function refuseUnlessReleased({ outcome }: ReleaseAnswer): void {
  // Whose it is concerns nobody else.
  if (outcome === "unknown" || outcome === "not-yours") {
    throw new Refusal(404, "HOLD_UNKNOWN", "there is no such hold of this buyer");
  }
  if (outcome === "paying") throw new Refusal(409, "HOLD_IN_PAYMENT", "this hold is being paid");
  if (outcome === "sold") throw new Refusal(409, "HOLD_SOLD", "these seats are sold already");
}
