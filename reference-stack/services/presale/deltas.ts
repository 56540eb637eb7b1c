import type { RedisLink } from "../../service-kit/redis-link.ts";
import { askRedis } from "./redis-away.ts";
import { presaleKeys } from "./redis-names.ts";

/** Seats that have changed together: an entry of the stream `deltas`, `0-<seq>`. */
export interface SeatDelta {
  /** 1, 2, 3 … without a gap. */
  seq: number;
  state: "free" | "held" | "sold";
  seats: string[];
  atUs: number;
}

const idOf = (seq: number) => `0-${seq}`;

/** Entries in one answer: what a venue of 50,000 seats changes in a second at the worst. */
export const deltasPage = 1000;

/** @returns the deltas after `after`, at most a page of them; the first may be further on when they were trimmed */
export async function readDeltas(
  redis: Pick<RedisLink, "call">,
  event: string,
  after: number,
): Promise<SeatDelta[]> {
  const entries = await askRedis(redis, "deltas", (client) =>
    client.xRange(presaleKeys(event).deltas, idOf(after + 1), "+", { COUNT: deltasPage }),
  );
  return (entries ?? []).map(({ id, message }) => ({
    seq: Number(id.slice(id.indexOf("-") + 1)),
    state: message.state as SeatDelta["state"],
    seats: JSON.parse(message.seats!),
    atUs: Number(message.atUs),
  }));
}

/** The number of the last delta; 0 when there is none. */
export async function lastDelta(redis: Pick<RedisLink, "call">, event: string): Promise<number> {
  const newest = await askRedis(redis, "deltas_last", (client) =>
    client.xRevRange(presaleKeys(event).deltas, "+", "-", { COUNT: 1 }),
  );
  const last = newest?.[0];
  return last ? Number(last.id.slice(last.id.indexOf("-") + 1)) : 0;
}
