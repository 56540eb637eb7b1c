import { z } from "zod";
import type { PresaleScript } from "../../../common/presale.ts";

/** A presale as its services know it. */
export interface OpenPresale extends PresaleScript {
  /** The doors: joins before it are refused. */
  openAtUs: number;
}

/** Ids stand in tokens (between dots), keys (between colons) and paths. */
export const eventId = z.string().regex(/^[\w-]{1,64}$/, "expected 1 to 64 letters, digits, _ or -");
export const sectionId = z.string().regex(/^[\w-]{1,32}$/, "expected 1 to 32 letters, digits, _ or -");

const perSecond = z.number().positive().max(20_000);
const hourMs = 3_600_000;
const seatsLimit = 250_000;

const section = z.strictObject({
  id: sectionId,
  rows: z.number().int().min(1).max(1000),
  seatsPerRow: z.number().int().min(1).max(1000),
  priceCents: z.number().int().min(0).max(10_000_000),
});

/** Body of `POST /v1/presales`. */
export const presaleRequest = z
  .strictObject({
    event: eventId,
    openAtUs: z.number().int().positive(),
    venue: z.strictObject({
      id: z.string().min(1).max(64),
      name: z.string().min(1).max(200),
      sections: z.array(section).min(1).max(500),
    }),
    purchaseLimit: z.number().int().min(1).max(100),
    holdMs: z.number().int().min(100).max(hourMs),
    admissionMs: z.number().int().min(100).max(hourMs),
    admission: z.strictObject({
      fromMs: z.number().int().min(0).max(hourMs).default(0),
      startPerSecond: perSecond,
      minPerSecond: perSecond,
      maxPerSecond: perSecond,
      targetConflictRate: z.number().gt(0).lt(1),
    }),
    fingerprintLimit: z.number().int().min(1).max(1_000_000),
    seed: z.number().int(),
  })
  .refine(({ venue: { sections } }) => new Set(sections.map(({ id }) => id)).size === sections.length, {
    path: ["venue", "sections"],
    error: "two sections have one id",
  })
  .refine(
    ({ venue: { sections } }) =>
      sections.reduce((seats, { rows, seatsPerRow }) => seats + rows * seatsPerRow, 0) <= seatsLimit,
    { path: ["venue", "sections"], error: `a venue has at most ${seatsLimit} seats` },
  )
  .refine(
    ({ admission: { minPerSecond, startPerSecond, maxPerSecond } }) =>
      minPerSecond <= startPerSecond && startPerSecond <= maxPerSecond,
    { path: ["admission"], error: "expected minPerSecond <= startPerSecond <= maxPerSecond" },
  ) satisfies z.ZodType<OpenPresale>;
