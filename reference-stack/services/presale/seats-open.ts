import type { PresaleScript } from "../../../common/presale.ts";
import type { RedisClient } from "../../service-kit/redis-link.ts";
import { presaleKeys } from "./redis-names.ts";
import { LuaScript } from "./script.ts";

const script = new LuaScript("seats-open");

/** Seats in one call: Redis does nothing else meanwhile, and Lua's `unpack` takes so many. */
const seatsACall = 5000;

/**
 * Puts all seats of a presale on sale, before anybody hears of it. Said twice, the second time changes nothing.
 * @returns how many were not there before
 */
export async function openSeats(client: RedisClient, { event, venue }: PresaleScript): Promise<number> {
  const keys = presaleKeys(event);
  let added = 0;
  for (const { id, rows, seatsPerRow } of venue.sections) {
    const rowsACall = Math.max(1, Math.floor(seatsACall / seatsPerRow));
    for (let first = 1; first <= rows; first += rowsACall) {
      const last = Math.min(rows, first + rowsACall - 1);
      const sectionKeys = [keys.free(id), keys.seats];
      added += Number(await script.run(client, sectionKeys, [id, first, last, seatsPerRow]));
    }
  }
  return added;
}
