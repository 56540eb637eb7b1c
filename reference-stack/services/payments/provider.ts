import type { FastifyReply } from "fastify";
import { nowUs } from "../../../common/clock.ts";
import type { PaymentBehaviour } from "../../../common/presale.ts";
import { refuse } from "../../../common/refused-requests.ts";
import { arrivesUnheard, isDeclined, latencyOf, usualBehaviour } from "./behaviour.ts";
import { Books, type Charge, type ChargeRequest } from "./books.ts";

/** What the provider does with a request, as it behaves at that instant. */
export class Provider {
  readonly books = new Books();
  readonly #hanging = new Set<FastifyReply>();
  #behaviour = usualBehaviour;

  get behaviour(): PaymentBehaviour {
    return this.#behaviour;
  }

  /** Those who wait in a hang that has ended are cut off: they have to ask again. */
  behave(behaviour: PaymentBehaviour): void {
    this.#behaviour = behaviour;
    if (behaviour.outage !== "hang") this.close();
  }

  /** The money is taken when the request arrives; the answer takes its time. */
  charge(request: ChargeRequest, reply: FastifyReply): void {
    const hangs = this.#behaviour.outage === "hang";
    if (this.#isOut(reply) && !(hangs && arrivesUnheard(request.key))) return;
    const outcome = this.books.charge(request, () => ({
      state: isDeclined(this.#behaviour, request.card) ? "declined" : "taken",
      atUs: nowUs(),
      answerAtMs: performance.now() + latencyOf(this.#behaviour, request.key),
    }));
    if (hangs) return;
    if ("charge" in outcome) {
      const { charge } = outcome;
      this.#later(charge.answerAtMs - performance.now(), () => answerCharge(reply, charge));
    } else if (outcome.refused === "key-reused") {
      refuse(reply, 422, "KEY_REUSED", "this key was used for another charge");
    } else {
      refuse(reply, 409, "CHARGE_CANCELLED", "this key was cancelled: nothing is taken under it");
    }
  }

  refund(asked: { charge: string } | { key: string }, reply: FastifyReply): void {
    if (this.#isOut(reply)) return;
    const key = "key" in asked ? asked.key : asked.charge;
    const charge = "key" in asked ? this.books.cancel(asked.key) : this.books.refund(asked.charge);
    const answer = () => {
      if (charge) return reply.send({ charge: charge.charge, state: charge.state });
      if ("key" in asked) return reply.send({ state: "cancelled" });
      return refuse(reply, 404, "CHARGE_UNKNOWN", `there is no charge ${asked.charge}`);
    };
    this.#later(latencyOf(this.#behaviour, key), answer);
  }

  /** Cuts off those who wait for nothing. */
  close(): void {
    for (const reply of this.#hanging) reply.raw.destroy();
    this.#hanging.clear();
  }

  /** In an outage: says so, or leaves it waiting for an answer that does not come. */
  #isOut(reply: FastifyReply): boolean {
    const { outage } = this.#behaviour;
    if (outage === "refuse") {
      refuse(reply, 503, "PAYMENTS_DOWN", "the provider takes no payments now");
    } else if (outage === "hang") {
      this.#hanging.add(reply);
      reply.raw.once("close", () => this.#hanging.delete(reply));
    }
    return outage !== "none";
  }

  #later(ms: number, answer: () => unknown): void {
    if (ms < 1) {
      answer();
      return;
    }
    setTimeout(answer, ms).unref();
  }
}

function answerCharge(reply: FastifyReply, { charge, state }: Charge) {
  if (state === "taken") return reply.code(201).send({ charge, state });
  if (state === "declined") return refuse(reply, 402, "CARD_DECLINED", "the card was declined", { charge });
  return refuse(reply, 409, "CHARGE_CANCELLED", "this charge was given back", { charge });
}
