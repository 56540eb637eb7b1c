import type { FeedItem, Phase, PhaseName } from "../common/match-day.ts";
import type { MatchEvent } from "../common/match-state.ts";
import { arrivalWindowMs, laptopClients } from "./shape/arrivals.ts";
import { leastPhasesMs, phasesOf } from "./shape/phases.ts";
import { type ScenarioParams, scenario } from "./vocabulary.ts";

const stream = "match:final";

/** An odds tick to everybody costs about 18 µs of CPU for each client, edge and generator together (`bench/`). */
const cpuUsPerDelivery = 18;

/**
 * Late is what comes after 2 s, as the goal's target has it. At scale a goal still has to be there within 2 s (p99), but two
 * events that fall together, odds and a card, share the cores: late is then what comes after 5 s.
 */
function deadlineMs(clients: number): number {
  return clients > laptopClients ? 5000 : 2000;
}

/** Nothing is said in the last seconds, so that all that is owed can arrive before the crowd leaves. */
function quietMs(clients: number): number {
  return deadlineMs(clients) + 2000;
}

/** Odds tick every 500 ms, or as often as takes a quarter of this machine. */
export function oddsEveryMs({ clients, cores }: Pick<ScenarioParams, "clients" | "cores">): number {
  const quarterMs = (clients * cpuUsPerDelivery * 4) / cores / 1000;
  return Math.max(500, Math.ceil(quarterMs / 100) * 100);
}

/** The match: a goal in quiet times; a goal and its retraction by VAR while the fault lasts; amendments; one more goal. */
function itemsOf(phases: Phase[], { clients, faults = [] }: ScenarioParams): FeedItem[] {
  const within = (name: PhaseName, share: number) => {
    const phase = phases.find((candidate) => candidate.name === name)!;
    return Math.round(phase.fromMs + (phase.toMs - phase.fromMs) * share);
  };
  const hasFault = phases.some(({ name }) => name === "fault");
  const say = (atMs: number, eventClass: FeedItem["class"], event: MatchEvent): FeedItem => ({
    atMs,
    stream,
    class: eventClass,
    event,
  });
  const end = phases.at(-1)!.toMs;
  const goalAt = within("baseline", 0.2);
  const varGoalAt = hasFault ? within("fault", 0.2) : within("baseline", 0.75);
  const varAt = hasFault ? within("fault", 0.6) : within("baseline", 0.9);
  const items = [
    say(0, "status", { type: "STATUS", factId: "status", version: 1, status: "FIRST_HALF" }),
    say(goalAt, "goal", {
      type: "GOAL",
      factId: "g1",
      version: 1,
      team: "home",
      minute: 23,
      player: "Vinicius Jr",
    }),
    say(within("baseline", 0.45), "card", {
      type: "YELLOW_CARD",
      factId: "c1",
      version: 1,
      team: "away",
      minute: 31,
      player: "Tchouameni",
    }),
    say(within("baseline", 0.65), "correction", {
      type: "AMEND",
      factId: "g1",
      version: 2,
      player: "Rodrygo",
    }),
    say(varGoalAt, "goal", {
      type: "GOAL",
      factId: "g2",
      version: 1,
      team: "away",
      minute: 44,
      player: "Mbappe",
    }),
    say(varAt, "correction", { type: "RETRACT", factId: "g2", version: 2, reason: "VAR: offside" }),
    say(within("after", 0.05), "status", {
      type: "STATUS",
      factId: "status",
      version: 2,
      status: "SECOND_HALF",
    }),
    say(within("after", 0.25), "goal", {
      type: "GOAL",
      factId: "g3",
      version: 1,
      team: "home",
      minute: 67,
      player: "Vinicius Jr",
    }),
    say(within("after", 0.45), "correction", { type: "AMEND", factId: "g3", version: 2, minute: 68 }),
    say(end - quietMs(clients), "status", {
      type: "STATUS",
      factId: "status",
      version: 3,
      status: "FULL_TIME",
    }),
  ];
  // A goal under each fault: one under which none falls has proved nothing.
  const faultFromMs = hasFault ? within("fault", 0) : 0;
  for (const { atMs, forMs } of hasFault ? faults : []) {
    const [fromMs, toMs] = [faultFromMs + atMs, faultFromMs + atMs + forMs];
    const goals = items.filter((item) => item.class === "goal");
    if (goals.some((goal) => goal.atMs >= fromMs && goal.atMs < toMs)) continue;
    const [factId, minute] = [`g${goals.length + 1}`, 46 + goals.length];
    items.push(
      say(Math.round(fromMs + forMs / 4), "goal", {
        ...{ type: "GOAL", factId, version: 1, team: "away", minute, player: "Kane" },
      }),
    );
  }
  return items.sort((a, b) => a.atMs - b.atMs);
}

export default scenario({
  id: "goal-spike",
  system: "live-scores",
  title: "A goal reaches every fan, while something breaks",
  story:
    "The crowd comes within seconds of kick-off. Odds tick; a goal falls and its scorer is corrected; a second goal is taken back by " +
    "VAR while the fault lasts; a third falls after it; full time. Every fan must see every event once, in time, and the right score.",
  defaults: { clients: 2000, durationMs: 60_000, experiment: "redis-down" },
  deadlinesMs({ clients }) {
    const ms = deadlineMs(clients);
    return { goal: ms, correction: ms, card: ms, status: ms, odds: ms };
  },
  budget: (clients) => (clients > laptopClients ? "live-scores-at-scale" : "live-scores"),
  leastDurationMs: (params) => leastPhasesMs(params) + quietMs(params.clients),
  plan(params) {
    const phases = phasesOf(params);
    return {
      phases,
      script: {
        items: itemsOf(phases, params),
        odds: [
          {
            stream,
            everyMs: oddsEveryMs(params),
            fromMs: 0,
            toMs: params.durationMs,
            seed: params.seed,
          },
        ],
      },
      crowd: {
        arrivals: { atMs: 0, withinMs: arrivalWindowMs(params.clients) },
        leaveAtMs: params.durationMs,
        streams: [{ id: stream, match: "final", share: 1 }],
        slowReaders: { share: 0, bytesPerSecond: 0 },
      },
    };
  },
});
