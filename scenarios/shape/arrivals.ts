/** Up to here one machine has room to spare; above it, everything that is said to all takes seconds of its CPU. */
export const laptopClients = 20_000;

/** 200,000 come within 28 s, so that the last is in before half a minute is over; a small crowd takes 5 s. */
export function arrivalWindowMs(clients: number): number {
  return Math.min(60_000, Math.max(5000, Math.round(clients * 0.14)));
}

/** The crowd comes, and has a moment to settle before anything is judged as steady. */
export function arriveMs(clients: number): number {
  const window = arrivalWindowMs(clients);
  return window + Math.max(2000, Math.round(window / 6));
}
