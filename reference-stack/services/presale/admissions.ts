import { presaleKeys } from "./redis-names.ts";

/** How the queue stands at an instant, and who has been let in: an entry of the stream `admissions`. */
export interface AdmissionsEntry {
  id: string;
  atUs: number;
  /** Ordinal of the last who was let in. */
  head: number;
  perSecond: number;
  /** Those let in with this entry may stay until then. */
  untilUs: number;
  /** Who they are. */
  ordinals: number[];
  soldOut: boolean;
}

export function admissionsEntry(id: string, fields: Record<string, string>): AdmissionsEntry {
  const { atUs, head, perSecond = "0", untilUs = "0", ordinals = "", soldOut } = fields;
  return {
    id,
    atUs: Number(atUs),
    head: Number(head),
    perSecond: Number(perSecond),
    untilUs: Number(untilUs),
    ordinals: ordinals === "" ? [] : ordinals.split(",").map(Number),
    soldOut: soldOut === "1",
  };
}

/** The keys that each script asks for, in its order. */
export const scriptKeys = {
  join(event: string): string[] {
    const { script, queue, places, next, lastJoin, admitted, fingerprints } = presaleKeys(event);
    return [script, queue, places, next, lastJoin, admitted, fingerprints];
  },
  leave(event: string): string[] {
    const { queue, places, left } = presaleKeys(event);
    return [queue, places, left];
  },
  admit(event: string): string[] {
    const { script, queue, places, admitted, head, admissions } = presaleKeys(event);
    return [script, queue, places, admitted, head, admissions];
  },
  soldOut(event: string): string[] {
    const { script, seats, holds, soldOut, admissions, head } = presaleKeys(event);
    return [script, seats, holds, soldOut, admissions, head];
  },
};
