import { z } from "zod";
import type { PaymentBehaviour } from "../../../common/presale.ts";

const id = z.string().regex(/^[\w:.-]{1,128}$/, "expected 1 to 128 letters, digits or _ : . -");

/** A card as the provider's own token: nobody else ever sees its number. */
export const cardToken = z.string().regex(/^[\w-]{1,64}$/, "expected 1 to 64 letters, digits, _ or -");

export const idempotencyKey = id;

/** Body of `POST /v1/charges`. */
export const chargeBody = z.strictObject({
  booking: id,
  buyer: id,
  amountCents: z.number().int().min(0).max(1_000_000_000),
  card: cardToken,
});

/** Body of `POST /v1/refunds`: of a charge, or of whatever was or will be charged under a key. */
export const refundBody = z.union([z.strictObject({ charge: id }), z.strictObject({ key: id })]);

/** Body of `PUT /v1/behaviour`. */
export const behaviourBody = z.strictObject({
  latencyMs: z.number().min(0).max(600_000),
  jitterMs: z.number().min(0).max(600_000),
  declineShare: z.number().min(0).max(1),
  outage: z.enum(["none", "refuse", "hang"]),
}) satisfies z.ZodType<PaymentBehaviour>;
