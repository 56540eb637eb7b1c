import type { Row } from "../../model.ts";
import { ratioWindow } from "../../presale-promql.ts";
import { rate, serviceQuantile } from "../../promql.ts";
import { lines } from "../panels.ts";

const readsOf = (where: string) =>
  `sum(rate(matchday_cache_reads_total{cache="availability"${where}}[${ratioWindow}]))`;
const shareOfReads = (result: string) =>
  `(${readsOf(`,result="${result}"`)} or vector(0)) / (${readsOf("")} > 0)`;

/** What becomes of seats between free and sold. */
export const seatRows: Row[] = [
  {
    title: "Seats",
    height: 8,
    panels: [
      lines(
        "Seats by state",
        "short",
        "Of one instant in Redis. Lost: neither free, nor held by a hold that will end, nor sold. Holds are open or being paid, and have several seats each.",
        [
          { expr: 'max(matchday_seats{state="free"})', legend: "free", colour: "green" },
          { expr: 'max(matchday_seats{state="held"})', legend: "held", colour: "yellow" },
          { expr: 'max(matchday_seats{state="sold"})', legend: "sold", colour: "blue" },
          { expr: "max(matchday_seats_indeterminate)", legend: "lost", colour: "red" },
          { expr: 'max(matchday_seats{state="holds"})', legend: "holds", colour: "orange", limit: true },
        ],
      ),
      lines(
        "Holds asked for",
        "cps",
        "Per second, by what came of it. Taken: another was faster.",
        [{ expr: `sum by (outcome) (${rate("matchday_holds_total")})`, legend: "{{outcome}}" }],
        { tracesOf: "box-office-1" },
      ),
      lines(
        "Seat conflicts",
        "percentunit",
        "Holds refused for a seat that was taken, of all that were tried in the last seconds: what the controller steers by.",
        [{ expr: "max(matchday_seat_conflict_ratio)", legend: "conflicts", colour: "orange" }],
      ),
    ],
  },
  {
    height: 8,
    panels: [
      lines(
        "Hold expiry",
        "cps",
        "Per second: holds whose time was over, and seats that were free again by that.",
        [
          { expr: `sum(${rate("matchday_holds_expired_total")})`, legend: "expired", colour: "orange" },
          { expr: `sum(${rate("matchday_seats_returned_total")})`, legend: "seats back", colour: "green" },
        ],
        { width: 6, tracesOf: "box-office-1" },
      ),
      lines(
        "Holds kept for longer",
        "cps",
        "Per second. Each booking keeps its hold once, while it pays; a payment that is slow keeps it again and again.",
        [{ expr: `sum(${rate("matchday_holds_extended_total")})`, legend: "kept", colour: "blue" }],
        { width: 6, tracesOf: "box-office-1" },
      ),
      lines(
        "How long seats were held, p95",
        "s",
        "Of those that were then sold, or given back by a booking that failed.",
        [
          {
            expr: serviceQuantile(0.95, "matchday_hold_duration_seconds", "end"),
            legend: "{{end}}",
          },
        ],
        { width: 6, tracesOf: "box-office-1" },
      ),
      lines(
        "Cache hit rate",
        "percentunit",
        `Of the reads of free seats in the last ${ratioWindow}. Stale: Redis is away, and the cache goes on with what it has. Few readers find little that is fresh.`,
        [
          { expr: shareOfReads("hit"), legend: "hit", colour: "green" },
          { expr: shareOfReads("stale"), legend: "stale", colour: "red" },
        ],
        { width: 6, max: 1.02, tracesOf: "box-office-1" },
      ),
    ],
  },
];
