import type { Query, Row } from "../../model.ts";
import { rate, serviceQuantile } from "../../promql.ts";
import { lines } from "../panels.ts";

const calls = "matchday_dependency_call_duration_seconds";
/** What a booking writes to the primary on its way; a failed one another word. */
const writes = '{dependency="postgres",call=~"record|confirmed"}';

const charges = (outcome: string, colour: string, mayBeEmpty?: string): Query => ({
  expr: `sum(${rate(`matchday_payments_total{call="charge",outcome="${outcome}"}`)})`,
  legend: outcome,
  colour,
  ...(mayBeEmpty === undefined ? {} : { mayBeEmpty }),
});

/** Money, and what is on record of it. */
export const bookingRows: Row[] = [
  {
    title: "Payments and bookings",
    height: 8,
    panels: [
      lines(
        "Payments",
        "cps",
        "Charges per second, by what came of them. Unknown: no answer in time, none at all, or the breaker is open; somebody asks again.",
        [
          charges("taken", "green"),
          charges("declined", "orange", "no card may be declined"),
          charges("unknown", "red", "the provider may always answer"),
        ],
        { tracesOf: "payments" },
      ),
      {
        kind: "states",
        title: "Circuit breaker of the payments",
        description: "As each box office sees the provider. While it is open, buyers are told to ask again.",
        width: 8,
        mapping: {
          0: { text: "closed", colour: "dark-green" },
          1: { text: "half-open", colour: "orange" },
          2: { text: "open", colour: "dark-red" },
        },
        queries: [{ expr: "2 * max by (part) (matchday_breaker_open)", legend: "{{part}}" }],
      },
      lines(
        "Pending bookings",
        "short",
        "Bookings whose payment is not known yet, and those that are being driven on at this moment.",
        [
          { expr: "max(matchday_pending_bookings)", legend: "pending", colour: "orange" },
          { expr: "sum(matchday_sagas_under_way)", legend: "under way", colour: "blue" },
        ],
        { tracesOf: "box-office-1" },
      ),
    ],
  },
  {
    height: 8,
    panels: [
      lines(
        "Database write latency",
        "s",
        "How long the primary takes to record a booking and to confirm it, as a box office waits for it.",
        [0.5, 0.99].map((quantile) => ({
          expr: serviceQuantile(quantile, calls, "call", writes),
          legend: `{{call}} p${quantile * 100}`,
        })),
        { tracesOf: "box-office-1" },
      ),
      lines("Bookings that came to an end", "cps", "Per second, by how.", [
        { expr: `sum by (state) (${rate("matchday_bookings_total")})`, legend: "{{state}}" },
      ]),
      lines(
        "Replica lag",
        "s",
        "How old what the replica says may be, as each box office measures it. Confirmations are read from the primary.",
        [{ expr: "max by (part) (matchday_replica_lag_seconds)", legend: "{{part}}" }],
        { tracesOf: "$part" },
      ),
    ],
  },
];
