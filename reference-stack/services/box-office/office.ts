import type { FastifyInstance, FastifyRequest } from "fastify";
import { refuse } from "../../../common/refused-requests.ts";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import type { Tracing } from "../../service-kit/tracing.ts";
import type { KnownPresale, Presales } from "../presale/presales.ts";
import { RedisAway } from "../presale/redis-away.ts";
import { eventId } from "../presale/script-schema.ts";
import type { Tokens } from "../presale/tokens.ts";
import type { Availability } from "./availability.ts";
import type { Holds } from "./holds.ts";

/** What the routes of a box office share. */
export interface BoxOffice {
  redis: Pick<RedisLink, "call">;
  presales: Presales;
  tokens: Tokens;
  holds: Holds;
  availability: Availability;
  metrics: ServiceMetrics;
  tracing: Tracing;
  nowUs(): number;
}

/** A no that the client is told, with its reason; nothing has changed. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: string;
  readonly more: object;

  constructor(status: number, code: string, fact: string, more: object = {}) {
    super(fact);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

/** Refusals, and a Redis that is away, as answers; all other errors as everywhere. */
export function answerRefusals(api: FastifyInstance): void {
  api.setErrorHandler((error, _, reply) => {
    if (error instanceof Refusal) return refuse(reply, error.status, error.code, error.message, error.more);
    if (!(error instanceof RedisAway)) throw error;
    reply.header("retry-after", "1");
    return refuse(reply, 503, "NOT_READY", "seats cannot be reached at the moment; ask again");
  });
}

export async function presaleOf({ presales }: BoxOffice, event: string): Promise<KnownPresale> {
  const presale = eventId.safeParse(event).success ? await presales.find(event) : undefined;
  if (!presale) throw new Refusal(404, "PRESALE_UNKNOWN", "there is no presale of this event");
  return presale;
}

/** Who asks, by the admission that comes with it. A late one is as good as any for giving something back. */
export function buyerOf(
  { tokens, nowUs }: BoxOffice,
  { headers }: FastifyRequest,
  { event, late = false }: { event: string; late?: boolean },
): string {
  const [, token = ""] = /^Bearer ([\w.-]+)$/i.exec(headers.authorization ?? "") ?? [];
  const admission = tokens.readAdmission(token);
  if (!admission || admission.event !== event) {
    throw new Refusal(
      401,
      "ADMISSION_INVALID",
      "expected Authorization: Bearer with an admission to this event",
    );
  }
  if (!late && admission.expiresAtUs <= nowUs()) {
    throw new Refusal(403, "ADMISSION_EXPIRED", "the time in the box office is over");
  }
  return admission.buyer;
}

const visibleAscii = /^[\x21-\x7e]{1,128}$/;

/** What makes a request the same when it comes again. */
export function idempotencyKeyOf({ headers }: FastifyRequest): string {
  const key = headers["idempotency-key"];
  if (typeof key === "string" && visibleAscii.test(key)) return key;
  throw new Refusal(400, "KEY_INVALID", "expected an Idempotency-Key of 1 to 128 visible ASCII characters");
}
