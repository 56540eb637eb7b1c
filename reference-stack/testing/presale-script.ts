import type { OpenPresale } from "../services/presale/script-schema.ts";

/** A presale of a venue of `sections`, each of `rows` × `seatsPerRow`; open for a minute already. */
export function testPresale({
  event = "final",
  sections = ["north", "south"],
  rows = 2,
  seatsPerRow = 5,
  ...rest
}: Partial<OpenPresale> & { sections?: string[]; rows?: number; seatsPerRow?: number } = {}): OpenPresale {
  return {
    event,
    openAtUs: Date.now() * 1000 - 60_000_000,
    venue: {
      id: "arena",
      name: "Arena",
      sections: sections.map((id) => ({ id, rows, seatsPerRow, priceCents: 9000 })),
    },
    purchaseLimit: 4,
    holdMs: 10_000,
    admissionMs: 60_000,
    admission: { fromMs: 0, startPerSecond: 50, minPerSecond: 5, maxPerSecond: 500, targetConflictRate: 0.1 },
    fingerprintLimit: 20,
    seed: 7,
    ...rest,
  };
}
