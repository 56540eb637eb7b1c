import { z } from "zod";

export const streamName = z.string().regex(/^match:[\w-]{1,64}$/, 'expected "match:<id>"');

const version = z.number().int().positive();
const factId = z.string().min(1).max(64);
const team = z.enum(["home", "away"]);
const minute = z.number().int().min(0).max(150);
const player = z.string().max(100);

export const matchEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("GOAL"), factId, version, team, minute, player }),
  z.object({ type: z.enum(["YELLOW_CARD", "RED_CARD"]), factId, version, team, minute, player }),
  z.object({ type: z.literal("RETRACT"), factId, version, reason: z.string().max(200) }),
  z.object({
    type: z.literal("AMEND"),
    factId,
    version,
    team: team.exactOptional(),
    minute: minute.exactOptional(),
    player: player.exactOptional(),
  }),
  z.object({
    type: z.literal("STATUS"),
    factId: z.literal("status"),
    version,
    status: z.string().min(1).max(40),
  }),
]);

const price = z.number().min(1);
export const odds = z.object({ type: z.literal("ODDS"), home: price, draw: price, away: price });

const messageBase = {
  n: z.number().int().positive(),
  source: z.string().min(1).max(64),
  stream: streamName,
  version,
  sourceAtUs: z.number().int().positive(),
  /** One that is malformed is no reason to lose the event. */
  traceparent: z.string().exactOptional().catch(""),
};

/** One line of the vendor's feed. */
export const feedMessage = z.union([
  z.object({ ...messageBase, class: z.literal("odds"), event: odds }),
  z.object({ ...messageBase, class: z.enum(["goal", "correction", "card", "status"]), event: matchEvent }),
]);
