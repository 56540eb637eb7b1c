/**
 * What a line of each file of a run folder must be before anything is concluded from it. Only what readers go by is asked
 * for: a file from an older or a newer version may say more.
 */
import { z } from "zod";

const finite = z.number().min(-1e18).max(1e18);
const count = z.number().nonnegative().max(1e18);
/** Seconds of a run: whoever counts further than eleven days is not to be followed. */
const index = z.int().nonnegative().max(1_000_000);
const text = z.string();
const phase = z.enum(["arrive", "baseline", "fault", "recovery", "after"]);
const counters = z.looseObject({
  ...{ planned: count, open: count, connected: count, connectErrors: count, disconnects: count },
  ...{ resumes: count, events: count, onTime: count, late: count },
  ...{ duplicate: count, reordered: count, misdelivered: count, bytes: count },
  ...{ reconnects: count.optional(), notJudged: count.optional(), lost: count.optional() },
});

const published = z.looseObject({
  event: z.union([
    z.looseObject({ type: z.literal("ODDS") }),
    z.looseObject({ type: text, factId: text, version: finite }),
  ]),
  ...{ stream: text, seq: count, class: text, sourceAtUs: finite, publishedAtUs: finite },
});

const at = { atUs: finite, atMs: finite.optional() };
const journal = z.discriminatedUnion("type", [
  z.looseObject({
    ...at,
    type: z.literal("run"),
    state: z.enum(["preparing", "stack-up", "started", "ended", "interrupted", "failed"]),
  }),
  z.looseObject({ ...at, type: z.literal("phase"), phase }),
  z.looseObject({
    ...at,
    type: z.literal("fault"),
    id: text,
    state: z.enum(["injecting", "injected", "healing", "healed", "failed"]),
  }),
  z.looseObject({
    ...at,
    type: z.literal("part"),
    part: text,
    state: z.enum(["down", "up"]),
    planned: z.boolean(),
  }),
  z.looseObject({ ...at, type: z.literal("error"), code: text, fact: text }),
  z.looseObject({ ...at, type: z.literal("admission"), perSecond: finite, reason: text }),
  z.looseObject({ ...at, type: z.literal("machine"), cpuBusy: finite }),
]);

const interval = z.looseObject({
  ...{ generator: count, index, fromMs: finite, toMs: finite, phase },
  ...{ counters, self: z.looseObject({ cpuUs: count, rssBytes: count }) },
  samples: z.record(text, count).optional(),
});

const streamFinal = z.looseObject({
  cohorts: z.array(z.looseObject({ fromSeq: finite, leaveMs: finite, slow: z.boolean(), clients: count })),
  events: z.array(z.looseObject({ seq: count, onTime: count, late: count, recovered: count })),
  screens: z.record(text, count),
  slowScreens: z.record(text, count),
});

const final = z.looseObject({
  ...{ generator: count, planned: count, connected: count, failed: count, skipped: count },
  ...{ openWithinMs: finite, counters, errors: z.record(text, count) },
  timestamps: z.looseObject({ kernel: count, reader: count }),
  clock: z.looseObject({ offsetUs: finite, errorUs: count }),
  streams: z.record(text, streamFinal),
  journeys: z.record(text, z.record(text, count)).optional(),
});

const figures = z.looseObject({
  ...{ atMs: finite, part: text, up: z.boolean() },
  gauges: z.record(text, finite).optional(),
  kind: z.enum(["service", "edge", "dependency", "observability"]),
});

const anomaly = z.looseObject({
  ...{ kind: z.enum(["lost", "duplicate", "reordered", "misdelivered"]) },
  ...{ client: count, stream: text, seq: finite, atMs: finite },
});

const history = z.looseObject({
  ...{ client: count, step: text, atUs: finite, type: z.enum(["invoke", "ok", "fail", "info", "end"]) },
  ...{ attempt: count.optional(), status: finite.optional(), values: z.record(text, z.unknown()).optional() },
});

const seat = { type: z.literal("seat"), seat: text };
const audit = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("presale"),
    script: z.looseObject({}),
    soldOut: z.boolean(),
    admitted: count,
    joined: count,
  }),
  z.looseObject({ type: z.literal("section"), section: text, free: count, seats: count }),
  z.discriminatedUnion("state", [
    z.looseObject({ ...seat, state: z.literal("held"), hold: text, buyer: text, deadlineUs: finite }),
    z.looseObject({ ...seat, state: z.literal("sold"), booking: text, buyer: text }),
    z.looseObject({ ...seat, state: z.literal("indeterminate") }),
  ]),
  z.looseObject({ type: z.literal("hold"), hold: text, buyer: text, seats: z.array(text), state: text }),
  z.looseObject({ type: z.literal("place"), buyer: text, ordinal: count, joinedAtUs: finite }),
  z.looseObject({
    ...{ type: z.literal("booking"), booking: text, key: text, buyer: text, seats: z.array(text) },
    ...{ shard: count, createdAtUs: finite },
    state: z.enum(["pending", "confirmed", "declined", "refunded", "failed"]),
  }),
  z.looseObject({
    ...{ type: z.literal("charge"), charge: text, key: text, booking: text, buyer: text },
    ...{ amountCents: finite, atUs: finite, state: z.enum(["taken", "declined", "refunded"]) },
  }),
  z.looseObject({ type: z.literal("decision"), atUs: finite, perSecond: finite, reason: text }),
]);

export const lineSchemas = {
  published,
  journal,
  crowd: z.union([z.looseObject({ final }), interval]),
  stack: figures,
  anomalies: anomaly,
  history,
  audit,
} satisfies Record<string, z.ZodType>;

/** What is wrong with a line; undefined when nothing is. */
export function problemOf(schema: z.ZodType, line: unknown): string | undefined {
  const { error } = schema.safeParse(line);
  const issue = error?.issues[0];
  if (!issue) return undefined;
  const place = issue.path.join(".");
  return place === "" ? issue.message : `${place}: ${issue.message}`;
}
