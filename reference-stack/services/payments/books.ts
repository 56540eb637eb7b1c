import { randomUUID } from "node:crypto";
import type { AuditEntry } from "../../../common/presale.ts";

export type Charge = Omit<AuditEntry & { type: "charge" }, "type"> & {
  card: string;
  /** When whoever asked first is answered; who asks again before is answered then. */
  answerAtMs: number;
};

export type ChargeRequest = Pick<Charge, "key" | "booking" | "buyer" | "amountCents" | "card">;

/** What a charge came to: a key that was cancelled before it came takes no money any more. */
export type ChargeOutcome = { charge: Charge } | { refused: "key-reused" | "cancelled" };

const sameRequest = (a: ChargeRequest, b: ChargeRequest) =>
  a.booking === b.booking && a.buyer === b.buyer && a.amountCents === b.amountCents && a.card === b.card;

/** The provider's own books, in memory: one charge for a key, however often it is asked for. */
export class Books {
  readonly #charges: Charge[] = [];
  readonly #byKey = new Map<string, Charge>();
  readonly #byId = new Map<string, Charge>();
  readonly #cancelled = new Set<string>();

  /** @param decide what becomes of a charge that is new, and when it is answered */
  charge(request: ChargeRequest, decide: () => Pick<Charge, "state" | "atUs" | "answerAtMs">): ChargeOutcome {
    const known = this.#byKey.get(request.key);
    if (known) return sameRequest(known, request) ? { charge: known } : { refused: "key-reused" };
    if (this.#cancelled.has(request.key)) return { refused: "cancelled" };
    const charge: Charge = { charge: `ch-${randomUUID()}`, ...request, ...decide() };
    this.#charges.push(charge);
    this.#byKey.set(charge.key, charge);
    this.#byId.set(charge.charge, charge);
    return { charge };
  }

  /** Gives the money back, once; a declined charge took none. */
  refund(id: string): Charge | undefined {
    const charge = this.#byId.get(id);
    if (charge?.state === "taken") charge.state = "refunded";
    return charge;
  }

  /** Sees to it that nothing is, or will be, taken under a key: also by a charge that is still on its way. */
  cancel(key: string): Charge | undefined {
    const charge = this.#byKey.get(key);
    if (charge) return this.refund(charge.charge);
    this.#cancelled.add(key);
    return undefined;
  }

  /** The entries behind the first `after`, at most `limit` of them. */
  after(after: number, limit = 10_000): AuditEntry[] {
    return this.#charges.slice(after, after + limit).map(auditOf);
  }

  all(): AuditEntry[] {
    return this.#charges.map(auditOf);
  }

  count(state: Charge["state"]): number {
    return this.#charges.filter((charge) => charge.state === state).length;
  }
}

const auditOf = ({ charge, key, booking, buyer, amountCents, state, atUs }: Charge): AuditEntry => ({
  type: "charge",
  charge,
  key,
  booking,
  buyer,
  amountCents,
  state,
  atUs,
});
