import type { RedisLink } from "../../service-kit/redis-link.ts";
import { scriptKeys } from "../presale/admissions.ts";
import { LuaScript } from "../presale/script.ts";
import { type AskContext, askOf, type Refusal, ticketInvalid } from "./asks.ts";

const leave = new LuaScript("leave");

const left = { status: 204, code: "LEFT", fact: "the place is given up" };

/** Gives the place of a ticket up: once, or again. */
export async function leaveQueue(
  link: RedisLink,
  event: string,
  query: URLSearchParams,
  context: AskContext,
): Promise<Refusal> {
  const ask = query.get("ticket") ? askOf(event, query, () => undefined, context) : ticketInvalid;
  if ("status" in ask) return ask;
  const keys = scriptKeys.leave(event);
  const answer = await link
    .call("leave", (client) => leave.run(client, keys, [ask.buyer, ask.claimed]))
    .catch(() => undefined);
  if (answer === undefined) return { status: 503, code: "NOT_READY", fact: "Redis is away" };
  if (answer === 0) return { status: 409, code: "ADMITTED", fact: "this buyer has been let in" };
  return answer === 1 ? left : ticketInvalid;
}
