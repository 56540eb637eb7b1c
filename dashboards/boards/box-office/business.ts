import type { Row } from "../../model.ts";
import { declinedPayments, failedPayments, ratioWindow } from "../../presale-promql.ts";
import { targetOf } from "../../promql.ts";
import { lines } from "../panels.ts";

/** What the business is asked about while it sells. */
export const businessRow: Row = {
  title: "Business",
  height: 8,
  panels: [
    lines(
      "Admission rate",
      "cps",
      "Buyers let in a second: what the controller wants, and what was achieved over five seconds. It wants none while no seat is free.",
      [
        { expr: "sum(matchday_admission_rate_target)", legend: "target", colour: "purple", limit: true },
        { expr: "sum(matchday_admission_rate)", legend: "achieved", colour: "green" },
      ],
      { tracesOf: "admission" },
    ),
    lines(
      "Checkout completion",
      "percentunit",
      `Bookings confirmed over buyers who asked to pay, those of declined cards apart, in the last ${ratioWindow}. A backlog that is worked off is 100 %.`,
      [
        {
          expr: `clamp_max((sum(rate(matchday_bookings_total{state="confirmed"}[${ratioWindow}])) or vector(0)) / (sum(rate(matchday_checkouts_total{outcome!="declined"}[${ratioWindow}])) > 0), 1)`,
          legend: "completed",
          colour: "green",
        },
        targetOf("checkout"),
      ],
      // A line at 100 % is to be seen.
      { max: 1.02, tracesOf: "box-office-1" },
    ),
    lines(
      "Payment failure rate",
      "percentunit",
      `Of the charges of the last ${ratioWindow}: without an answer, those that the circuit breaker held back included. Declined cards are shown apart.`,
      [
        { expr: failedPayments(ratioWindow), legend: "failed", colour: "red" },
        {
          expr: declinedPayments(ratioWindow),
          legend: "declined",
          colour: "orange",
        },
        targetOf("payments-failed"),
      ],
      { tracesOf: "payments" },
    ),
  ],
};
