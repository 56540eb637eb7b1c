/** The words of a presale that services, crowd and checkers share. */

/** One section of a venue: rows of seats of one price. */
export interface VenueSection {
  id: string;
  rows: number;
  seatsPerRow: number;
  priceCents: number;
}

export interface Venue {
  id: string;
  name: string;
  sections: VenueSection[];
}

/** What the stack is told before the doors open: `POST /v1/presales` of `admission`, kept in Redis. */
export interface PresaleScript {
  /** `final`: also the shard key. */
  event: string;
  venue: Venue;
  /** Tickets a buyer may hold and own at once. */
  purchaseLimit: number;
  holdMs: number;
  /** Whoever is let in may stay so long. */
  admissionMs: number;
  admission: {
    /** After the doors have opened: who comes first waits so long until anybody is let in. */
    fromMs: number;
    startPerSecond: number;
    minPerSecond: number;
    maxPerSecond: number;
    targetConflictRate: number;
  };
  /** Joins with one fingerprint before it is refused. */
  fingerprintLimit: number;
  seed: number;
}

/** What the box office is told to do in a run. */
export interface SaleScript {
  presale: PresaleScript;
  /** How payments behave while no fault changes it. */
  payments: PaymentBehaviour;
  /** A bug that is planted on purpose. */
  defect?: DefectId;
}

export const seatId = (section: string, row: number, seat: number) => `${section}-${row}-${seat}`;

/** What payments do from `atMs` on: the timeline of a script or of a fault. */
export interface PaymentBehaviour {
  latencyMs: number;
  jitterMs: number;
  /** 0 to 1. */
  declineShare: number;
  /** Answers 503 at once, or nothing at all. */
  outage: "none" | "refuse" | "hang";
}

/**
 * What the databases hold after the run, once nothing is under way any more: `audit.jsonl`, a line each. The checkers have
 * no other source but this and the crowd's histories.
 */
export type AuditEntry =
  | { type: "presale"; script: PresaleScript; soldOut: boolean; admitted: number; joined: number }
  /** Of Redis; free seats are in neither list, and counted. */
  | { type: "section"; section: string; free: number; seats: number }
  | { type: "seat"; seat: string; state: "held"; hold: string; buyer: string; deadlineUs: number }
  | { type: "seat"; seat: string; state: "sold"; booking: string; buyer: string }
  /** Neither free, nor held with an owner and a deadline, nor sold. */
  | { type: "seat"; seat: string; state: "indeterminate"; detail: string }
  | { type: "hold"; hold: string; buyer: string; seats: string[]; deadlineUs: number; state: string }
  /** Of the waiting room: each buyer who joined, in order. */
  | {
      type: "place";
      buyer: string;
      ordinal: number;
      joinedAtUs: number;
      /** Order of admission, 1, 2 …; absent while it waits. */
      admittedAs?: number;
      admittedAtUs?: number;
      left?: boolean;
    }
  /** Of PostgreSQL, the primary of each shard. */
  | {
      type: "booking";
      shard: number;
      booking: string;
      key: string;
      buyer: string;
      seats: string[];
      state: "pending" | "confirmed" | "declined" | "refunded" | "failed";
      charge?: string;
      createdAtUs: number;
      /** When it came to its present state, where that is told. */
      changedAtUs?: number;
    }
  /** Of the payment provider's own books. */
  | {
      type: "charge";
      charge: string;
      key: string;
      booking: string;
      buyer: string;
      amountCents: number;
      state: "taken" | "declined" | "refunded";
      atUs: number;
    }
  /** What the admission controller decided, and why. */
  | ({ type: "decision" } & Decision);

export interface Decision {
  atUs: number;
  /** Buyers to be let in a second from now on. */
  perSecond: number;
  conflictRate: number;
  queue: number;
  reason: string;
}

/** Planted bugs: `--defect ID`, one at a time, off unless asked for. */
export interface Defect {
  title: string;
  /** What shows it: the scenario, the experiment without which it does nothing (or `none`), and the invariant that it breaks. */
  scenario: string;
  experiment: string;
  invariant: string;
}

export const defects = {
  "oversell-race": {
    title: "Holds are checked and then taken, in two steps: two buyers may get one seat",
    ...{ scenario: "presale", experiment: "none", invariant: "no-seat-sold-twice" },
  },
  "lost-hold": {
    title: "The reconciler forgets an expired hold: its seats are neither free nor sold",
    ...{ scenario: "presale", experiment: "none", invariant: "no-seat-lost" },
  },
  "queue-amnesia": {
    title: "An edge keeps joins in memory and loses them when it restarts",
    ...{ scenario: "presale", experiment: "on-sale-edge-crash", invariant: "no-lost-place" },
  },
  "stale-confirm": {
    title: "The confirmation of a booking is read from the replica",
    ...{ scenario: "presale", experiment: "replica-behind", invariant: "paid-booking-recorded-once" },
  },
  "double-charge": {
    title: "A payment that timed out is tried again under another key",
    ...{ scenario: "presale", experiment: "payment-8s", invariant: "paid-booking-recorded-once" },
  },
} as const satisfies Record<string, Defect>;

export type DefectId = keyof typeof defects;
