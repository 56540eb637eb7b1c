import { formatMs } from "../../common/duration.ts";
import { bandsOf, blamed } from "../blame.ts";
import { touches } from "../disturbances.ts";
import { countOf } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Twice the baseline, and by as much as people notice. */
const growthFactor = 2;
const leastGrowthMs = 250;

const watched = [
  { measure: "event_age", name: "Event age", field: "eventAge" },
  { measure: "stale_odds_age", name: "Stale-odds age", field: "staleOddsAge" },
] as const;

/** Ages that grew while faults lasted, by how much and for how long. */
export const ageUnderFault: Finder = ({ evidence }) =>
  evidence.disturbances.length === 0
    ? []
    : watched.flatMap(({ measure, name, field }) => {
        const baseline = evidence.measures.summary(measure, ["baseline"])?.p99Ms;
        if (baseline === undefined) return [];
        const limit = Math.max(growthFactor * baseline, baseline + leastGrowthMs);
        const grown = evidence.seconds.filter(
          (second) =>
            evidence.disturbances.some((disturbance) => touches(disturbance, second)) &&
            (second[field]?.p99Ms ?? 0) > limit,
        );
        if (grown.length === 0) return [];
        const peak = Math.max(...grown.map((second) => second[field]!.p99Ms));
        const when = { fromMs: grown[0]!.fromMs, toMs: grown.at(-1)!.toMs };
        const faults = bandsOf(blamed(grown, evidence.disturbances));
        return [
          {
            severity: "medium",
            title: `${name} grew from ${formatMs(baseline)} to ${formatMs(peak)} (p99) under: ${faults}`,
            evidence: `above ${formatMs(limit)} in ${countOf(grown.length, "second")}, from ${formatMs(when.fromMs)} to ${formatMs(when.toMs)}`,
            when,
            remedy:
              field === "staleOddsAge"
                ? "Show fans that quotes are old and suspend bets on them; shorten the way around what failed."
                : "Shorten the detection of what failed (timeouts, health checks) and the wait before the first retry.",
          },
        ];
      });
