import type { Row } from "../../model.ts";
import { quantilesOf, rate, targetOf } from "../../promql.ts";
import { lines } from "../panels.ts";

/** Who waits, what they are told, and who is turned away. */
export const queueRows: Row[] = [
  {
    title: "Waiting room",
    height: 8,
    panels: [
      lines(
        "Connections",
        "short",
        "Streams that are open at each edge, and clients that should be there.",
        [
          { expr: "sum(matchday_crowd_clients_planned)", legend: "planned", colour: "purple", limit: true },
          { expr: 'sum by (part) (matchday_connections{part=~"edge.*"})', legend: "{{part}}" },
        ],
        { stacked: true, tracesOf: "$part" },
      ),
      lines(
        "Queue depth",
        "short",
        "Places that wait: in Redis, whether their buyers are there or have gone; and at the edges, with a stream. Joins that Redis has not taken yet.",
        [
          { expr: "sum(matchday_queue_depth)", legend: "in Redis", colour: "blue" },
          { expr: "sum(matchday_waiting_here)", legend: "at the edges", colour: "green" },
          { expr: "sum(matchday_joins_pending)", legend: "joins that wait for Redis", colour: "red" },
        ],
      ),
      lines(
        "Position staleness",
        "s",
        "Age of what buyers are told of their place when it arrives: an outage counts for as long as it lasts.",
        [...quantilesOf("position_age", ["0.5", "0.99", "1"]), targetOf("position-age")],
      ),
    ],
  },
  {
    height: 8,
    panels: [
      lines(
        "Places given, and taken up again",
        "cps",
        "Streams of the queue per second, by what they began with.",
        [{ expr: `sum by (how) (${rate("matchday_queue_openings_total")})`, legend: "{{how}}" }],
        { width: 12 },
      ),
      lines(
        "Joins refused",
        "cps",
        "Per second, by reason. Forged tickets, failed challenges and crowded fingerprints are bots; all else is somebody who should be in.",
        [
          {
            expr: `sum by (reason) (${rate("matchday_joins_refused_total")})`,
            legend: "{{reason}}",
          },
        ],
        { width: 12 },
      ),
    ],
  },
];
