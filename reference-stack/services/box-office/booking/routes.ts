import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { factOf } from "../../../service-kit/json-errors.ts";
import { spanOf } from "../../../service-kit/traced-requests.ts";
import { cardToken } from "../../payments/requests.ts";
import { type BoxOffice, buyerOf, idempotencyKeyOf, presaleOf, Refusal } from "../office.ts";
import { type Booking, toldOf } from "./booking.ts";
import type { Desk } from "./desk.ts";

const bookingBody = z.strictObject({
  hold: z.string().regex(/^[\w-]{1,64}$/, "expected a hold's id"),
  card: cardToken,
});

const bookingPath = /^b-[\w-]{22}$/;

interface BookingParts {
  office: BoxOffice;
  desk: Desk;
}

export function bookingRoutes(api: FastifyInstance, { office, desk }: BookingParts): void {
  const checkouts = office.metrics.counter("checkouts_total", "Answers to buyers who wanted to book", [
    "outcome",
  ]);
  const durations = office.metrics.histogram(
    "checkout_duration_seconds",
    "From a buyer's booking to the answer, pending ones included",
  );

  api.post<{ Params: { event: string } }>("/api/presales/:event/bookings", async (request, reply) => {
    const took = durations.startTimer();
    try {
      const presale = await presaleOf(office, request.params.event);
      const { event } = presale.script;
      const { buyer, late } = whoAsks(office, request, event);
      const key = idempotencyKeyOf(request);
      const body = bookingBody.safeParse(request.body);
      if (!body.success) throw new Refusal(400, "BOOKING_INVALID", factOf(body.error));
      const span = spanOf(request)?.set({ event, buyer, hold: body.data.hold });
      const booking = await desk.book({ presale, buyer, key, late, ...body.data }, span);
      span?.set({ booking: booking.booking, outcome: booking.state });
      checkouts.inc({ outcome: booking.state });
      const { status, body: answer } = answerOf(booking);
      if (status === 202) reply.header("retry-after", "1");
      return reply.code(status).send(answer);
    } catch (error) {
      checkouts.inc({ outcome: error instanceof Refusal && error.status < 500 ? "refused" : "away" });
      if (error instanceof Refusal && error.status === 503) reply.header("retry-after", "1");
      throw error;
    } finally {
      took();
    }
  });

  api.get<{ Params: { event: string; booking: string }; Querystring: { confirm?: string } }>(
    "/api/presales/:event/bookings/:booking",
    async (request, reply) => {
      const { script } = await presaleOf(office, request.params.event);
      const id = request.params.booking;
      const confirm = request.query.confirm === "1";
      const { booking, stale } = bookingPath.test(id)
        ? await desk.look(script.event, id, confirm)
        : { booking: undefined, stale: false };
      if (stale) reply.header("x-stale", "1");
      if (!booking) throw new Refusal(404, "BOOKING_UNKNOWN", "there is no such booking");
      if (booking.state === "pending") reply.header("retry-after", "1");
      return toldOf(booking);
    },
  );

  api.get<{ Params: { event: string } }>("/api/presales/:event/bookings", async (request) => {
    const { script } = await presaleOf(office, request.params.event);
    const buyer = buyerOf(office, request, { event: script.event, late: true });
    return { bookings: (await desk.list(script.event, buyer)).map(toldOf) };
  });
}

/** Whose admission is over may still ask about what was begun before. */
function whoAsks(office: BoxOffice, request: Parameters<typeof buyerOf>[1], event: string) {
  const buyer = buyerOf(office, request, { event, late: true });
  try {
    buyerOf(office, request, { event });
    return { buyer, late: false };
  } catch {
    return { buyer, late: true };
  }
}

function answerOf(booking: Booking): { status: number; body: object } {
  switch (booking.state) {
    case "confirmed":
      return { status: 201, body: toldOf(booking) };
    case "pending":
      return { status: 202, body: toldOf(booking) };
    case "declined":
      return {
        status: 402,
        body: {
          code: "PAYMENT_DECLINED",
          fact: "the card was declined; the seats are free again",
          booking: booking.booking,
        },
      };
    case "refunded":
    case "failed":
      return {
        status: 409,
        body: {
          code: "HOLD_EXPIRED",
          fact: "the seats could not be kept; nothing was charged, or it was given back",
          booking: booking.booking,
        },
      };
  }
}
