import type { Journey } from "../../../common/journey.ts";

/** What a step means to a presale, whatever a scenario calls it: told by what it asks for. */
export type Role = "join" | "hold" | "book" | "ask";

/** Step → its role; steps of no role are not in it. */
export function rolesOf(journeys: readonly Journey[]): Map<string, Role> {
  const roles = new Map<string, Role>();
  for (const step of journeys.flatMap(({ steps }) => steps)) {
    if (step.do !== "stream" && step.do !== "request") continue;
    const path = step.path.split("?")[0]!;
    if (step.do === "stream") {
      if (path.endsWith("/queue")) roles.set(step.name, "join");
    } else if (step.method === "POST") {
      if (path.endsWith("/holds")) roles.set(step.name, "hold");
      if (path.endsWith("/bookings")) roles.set(step.name, "book");
    } else if (path.includes("/bookings/")) roles.set(step.name, "ask");
  }
  return roles;
}

/** Of `id * golden` the fractional part spreads any run of ids evenly over 0 to 1: the crowd chooses by it (`journeys.go`). */
const golden = 0.6180339887498949;

/** Which journey a client walks. */
export function journeyOf(client: number, journeys: readonly Journey[]): Journey | undefined {
  const at = (client * golden) % 1;
  let upTo = 0;
  for (const journey of journeys) {
    upTo += journey.share;
    if (at < upTo) return journey;
  }
  return journeys.at(-1);
}

/** Journeys that are named so play those who should not get in. */
export const isBot = (journey: string) => /^bot(-|$)/.test(journey);
