import { streamOfMatch } from "../../topology.ts";
import type { MatchChannel } from "./channel.ts";

/** What a path means here. */
export type Route =
  | { to: "state" | "events"; channel: MatchChannel; query: string }
  | { to: "health" }
  | { to: "problem"; status: number; code: string; fact: string };

const matchPath = /^\/api\/match\/([^/]*)\/(state|events)$/;

/** Finds out what a request target asks for. */
export function routeOf(
  target: string,
  { channels, synced }: { channels: Map<string, MatchChannel>; synced: boolean },
): Route {
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  if (path === "/healthz") return { to: "health" };
  const [, match, to] = matchPath.exec(path) ?? [];
  if (match === undefined) {
    return { to: "problem", status: 404, code: "NOT_FOUND", fact: "there is nothing here" };
  }
  if (!/^[\w-]{1,64}$/.test(match)) {
    return {
      to: "problem",
      status: 400,
      code: "MATCH_INVALID",
      fact: "a match id is 1 to 64 letters, digits, _ or -",
    };
  }
  const channel = channels.get(streamOfMatch(match));
  if (channel)
    return { to: to as "state" | "events", channel, query: mark === -1 ? "" : target.slice(mark + 1) };
  return synced
    ? { to: "problem", status: 404, code: "MATCH_UNKNOWN", fact: `there is no match ${match}` }
    : { to: "problem", status: 503, code: "NOT_READY", fact: "Redis has not been reached yet" };
}
