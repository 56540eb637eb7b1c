import type { EventShare } from "./event-shares.ts";
import { saleShareWords } from "./systems/box-office/share-words.ts";

/** A share of a whole run that objectives may be about. */
export interface ShareWords {
  meaning: string;
  /** Which events it counts; `null`: it is no share of events. */
  events: EventShare | null;
}

export const shareWords = {
  "journeys.failedRatio": {
    meaning: "journeys that ended in what must not be, of all",
    events: { counts: "bad", part: "journeys.failed", total: "journeys.ended" },
  },
  "journeys.notFailedRatio": {
    meaning: "journeys that ended in what may be, of all",
    events: {
      counts: "good",
      part: "journeys.completed + journeys.rejected + journeys.abandoned",
      rest: "journeys.failed",
      total: "journeys.ended",
    },
  },
  "journeys.completedRatio": {
    meaning: "journeys that came to what they were for, of all",
    events: { counts: "good", part: "journeys.completed", total: "journeys.ended" },
  },
  ...saleShareWords,
} as const satisfies Record<string, ShareWords>;

export type ShareName = keyof typeof shareWords;
