import type { PresaleScript } from "../../../common/presale.ts";

export type PaymentsHealth = "up" | "slow" | "down";

/** What the box office says of itself, of the last seconds. */
export interface Signals {
  /** Holds refused for a seat that was taken, of all that were tried. */
  conflictRate: number;
  attempts: number;
  /** Who waits. */
  queue: number;
  seatsFree: number;
  payments: PaymentsHealth;
  /** A box office takes its time to answer. */
  slow: boolean;
}

export interface Control {
  perSecond: number;
  /** Nothing is changed before: those let in at the old rate are still choosing. */
  settledAtMs: number;
}

export interface Decided extends Control {
  /** What is let in now: `perSecond`, or less while there is a reason. */
  target: number;
  reason: string;
}

/** Each second it adds a tenth of the rate it began with: the double after ten quiet seconds. */
const increaseShare = 0.1;
/** TCP halves; here a cut is felt by people, and there are seconds to take another. */
const decreaseFactor = 0.7;
/** From being let in to the first try for a seat: what is seen now was caused so long ago. */
const settleMs = 3000;
/** What most come for. */
const seatsEach = 2;
/** What is left has to last for so long: twice what it takes to choose, since those let in before choose from it too. */
const lastSeatsS = (2 * settleMs) / 1000;
/** Fewer tries tell nothing about a rate. */
const leastAttempts = 10;

/**
 * How many to let in a second from now on: additive increase, multiplicative decrease. A PI controller was the other
 * choice. How strongly conflicts answer to the rate changes by orders of magnitude while the house fills, and the
 * answer comes seconds late: gains that are right at first make it swing or wind up later, while AIMD needs to know only
 * on which side of the target it is.
 */
export function decide(
  control: Control,
  signals: Signals,
  rules: PresaleScript["admission"],
  nowMs: number,
): Decided {
  const { seatsFree } = signals;
  const decided = byConflicts(control, signals, rules, nowMs);
  // A rate that nobody is let in at is not known to be a good one.
  const held = { ...decided, perSecond: Math.min(control.perSecond, decided.perSecond) };
  if (seatsFree <= 0) return { ...held, target: 0, reason: "no seat is free: held ones may come back" };
  // Those who are inside choose from the last ones too. One a second is let in still, so that there is somebody who does.
  const few = Math.max(Math.min(rules.minPerSecond, 1), seatsFree / (seatsEach * lastSeatsS));
  return few < decided.target ? { ...held, target: few, reason: "few seats are left" } : decided;
}

/** As if there were seats enough. */
function byConflicts(
  { perSecond, settledAtMs }: Control,
  { conflictRate, attempts, queue, payments, slow }: Signals,
  { startPerSecond, minPerSecond, maxPerSecond, targetConflictRate }: PresaleScript["admission"],
  nowMs: number,
): Decided {
  const settled = nowMs >= settledAtMs;
  const cut = (reason: string) => {
    const lower = settled ? Math.max(minPerSecond, perSecond * decreaseFactor) : perSecond;
    return {
      perSecond: lower,
      settledAtMs: settled ? nowMs + settleMs : settledAtMs,
      target: lower,
      reason,
    };
  };
  const stay = (reason: string) => ({ perSecond, settledAtMs, target: perSecond, reason });

  if (payments === "down") return { ...stay("payments are down"), target: minPerSecond };
  if (payments === "slow") return cut("payments are slow");
  if (slow) return cut("the box office is slow");
  if (attempts >= leastAttempts && conflictRate > targetConflictRate) {
    return cut(
      settled ? "conflicts are above the target" : "conflicts are above the target: waiting for the last cut",
    );
  }
  if (!settled) return stay("waiting for the last cut");
  if (queue === 0) return stay("nobody waits");
  if (perSecond >= maxPerSecond) return stay("conflicts are below the target: at the highest rate");
  const higher = Math.min(maxPerSecond, perSecond + startPerSecond * increaseShare);
  return {
    perSecond: higher,
    settledAtMs,
    target: higher,
    reason: "conflicts are below the target",
  };
}
