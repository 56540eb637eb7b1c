/**
 * What a fan's screen shows, as a fold over match events. Independent of the order of arrival: a retraction may
 * come before its goal. The Go crowd keeps the same state; `match-state.vectors.json` holds both to one meaning.
 */
export type MatchEvent =
  | { type: "GOAL"; factId: string; version: number; team: "home" | "away"; minute: number; player: string }
  | {
      type: "YELLOW_CARD" | "RED_CARD";
      factId: string;
      version: number;
      team: "home" | "away";
      minute: number;
      player: string;
    }
  /** Takes a goal or card back, for good. */
  | { type: "RETRACT"; factId: string; version: number; reason: string }
  /** Corrects fields of a goal or card; the highest version of each field stands. */
  | {
      type: "AMEND";
      factId: string;
      version: number;
      team?: "home" | "away";
      minute?: number;
      player?: string;
    }
  | { type: "STATUS"; factId: "status"; version: number; status: string };

export interface Odds {
  type: "ODDS";
  home: number;
  draw: number;
  away: number;
}

/** The set of match events that have been seen, each once; odds are not part of it. */
export type MatchState = readonly MatchEvent[];

const order = (a: MatchEvent, b: MatchEvent) =>
  a.factId < b.factId ? -1 : a.factId > b.factId ? 1 : a.version - b.version;

/** Adds one event; an event that is there already (same fact and version) changes nothing. */
export function applyEvent(state: MatchState, event: MatchEvent): MatchState {
  if (state.some((known) => order(known, event) === 0)) return state;
  return [...state, event].sort(order);
}

/**
 * The screen in one line: `FULL_TIME 1-0 g1:GOAL:home:15:Silva g2:GOAL:away:60:Roy:retracted`.
 * Facts are sorted by id; a fact of which only a correction has arrived is not shown. Ids are compared by code unit.
 */
export function screenOf(state: MatchState): string {
  let status = "NOT_STARTED";
  const score = { home: 0, away: 0 };
  const facts = new Map<
    string,
    { type?: string; team?: string; minute?: number; player?: string; retracted: boolean }
  >();
  for (const event of state) {
    if (event.type === "STATUS") {
      status = event.status;
      continue;
    }
    const fact = facts.get(event.factId) ?? { retracted: false };
    facts.set(event.factId, fact);
    if (event.type === "RETRACT") fact.retracted = true;
    else {
      if (event.type !== "AMEND") fact.type = event.type;
      if (event.team !== undefined) fact.team = event.team;
      if (event.minute !== undefined) fact.minute = event.minute;
      if (event.player !== undefined) fact.player = event.player;
    }
  }
  const shown: string[] = [];
  for (const [id, { type, team, minute, player, retracted }] of facts) {
    if (type === undefined) continue;
    if (type === "GOAL" && !retracted) score[team as "home" | "away"]++;
    shown.push(`${id}:${type}:${team}:${minute}:${player}${retracted ? ":retracted" : ""}`);
  }
  return [status, `${score.home}-${score.away}`, ...shown].join(" ");
}
