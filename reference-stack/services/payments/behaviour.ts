import type { PaymentBehaviour } from "../../../common/presale.ts";
import { hashShare } from "./hash-share.ts";

/** A provider on a good day. */
export const usualBehaviour: PaymentBehaviour = {
  latencyMs: 30,
  jitterMs: 20,
  declineShare: 0,
  outage: "none",
};

/** A card's fate is its own: whoever tries it again hears the same. */
export const isDeclined = ({ declineShare }: PaymentBehaviour, card: string): boolean =>
  hashShare(`card:${card}`) < declineShare;

/** How long the answer to a request takes: `latencyMs`, and up to `jitterMs` more. */
export const latencyOf = ({ latencyMs, jitterMs }: PaymentBehaviour, key: string): number =>
  latencyMs + jitterMs * hashShare(`latency:${key}`);

/**
 * Of the charges that hang, half are taken although nobody hears of it, and half never arrive: a timeout tells
 * nothing, and whoever takes it for a no charges twice, or gives a seat away that is paid.
 */
export const arrivesUnheard = (key: string): boolean => hashShare(`hang:${key}`) < 0.5;
