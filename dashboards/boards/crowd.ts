import type { Board, Query, TilesPanel } from "../model.ts";
import { quantilesOf, rate } from "../promql.ts";
import { lines } from "./panels.ts";

const byGenerator = (expr: string): Query => ({
  expr: `sum by (generator) (${expr})`,
  legend: "{{generator}}",
});

const tile = (
  title: string,
  unit: TilesPanel["unit"],
  description: string,
  { expr }: Pick<Query, "expr">,
): TilesPanel => ({
  kind: "tiles",
  title,
  unit,
  description,
  width: title === "Memory a client" ? 4 : 5,
  whileNone: "–",
  queries: [{ expr, legend: title, colour: "blue" }],
});

export const crowd: Board = {
  uid: "matchday-crowd",
  title: "Crowd",
  description:
    "The generators on themselves: whether the load was offered as planned, and whether they can be trusted.",
  tracesOf: "crowd",
  rows: [
    {
      height: 4,
      panels: [
        tile("Generators", "none", "Processes that tell of themselves.", {
          expr: "count(matchday_generator_memory_bytes)",
        }),
        tile("Clients open", "locale", "Streams that are open now.", {
          expr: "sum(matchday_crowd_clients_open)",
        }),
        tile("Memory a client", "decbytes", "Resident memory of the generators, by clients that are open.", {
          expr: "sum(matchday_generator_memory_bytes) / (sum(matchday_crowd_clients_open) > 0)",
        }),
        tile("Machine busy", "percentunit", "Share of all cores.", {
          expr: "max(matchday_machine_cpu_busy_ratio)",
        }),
        tile("Samples skipped", "locale", "Of the quotes on the screens, in the run so far.", {
          expr: "sum(matchday_generator_quote_samples_skipped_total)",
        }),
      ],
    },
    {
      title: "Is it late?",
      height: 8,
      panels: [
        lines(
          "Release lag",
          "s",
          "Planned instant to request sent. p99 above a tenth of the arrival window makes the run unknown.",
          quantilesOf("release_lag", ["0.5", "0.99", "1"]),
        ),
        lines(
          "Read lag",
          "s",
          "Arrival at the kernel to read by the client. It is not in any age: arrivals are stamped by the kernel.",
          quantilesOf("read_lag", ["0.5", "0.99", "1"]),
        ),
        lines(
          "Quote samples skipped",
          "cps",
          "Samples not taken in time: the generator is saturated, and the oldest quotes may be those that it did not look at.",
          [byGenerator(rate("matchday_generator_quote_samples_skipped_total"))],
        ),
      ],
    },
    {
      title: "What it costs",
      height: 8,
      panels: [
        lines("CPU by generator", "percentunit", "100 % is one core.", [
          byGenerator(rate("matchday_generator_cpu_seconds_total")),
        ]),
        lines("Memory by generator", "decbytes", "Resident.", [
          byGenerator("matchday_generator_memory_bytes"),
        ]),
        lines("Garbage collection", "percentunit", "Share of the time that a generator stood still.", [
          byGenerator(rate("matchday_generator_gc_seconds_total")),
        ]),
      ],
    },
    {
      title: "What it does",
      height: 8,
      panels: [
        lines("Clients", "short", "Whose planned instant has come, that ever got in, and that are open.", [
          { expr: "sum(matchday_crowd_clients_planned)", legend: "planned", colour: "purple", limit: true },
          { expr: "sum(matchday_crowd_clients_connected)", legend: "got in", colour: "blue" },
          { expr: "sum(matchday_crowd_clients_open)", legend: "open", colour: "green" },
        ]),
        lines(
          "Events read",
          "cps",
          "Per second, by all clients. What is not judged carries no sequence, time or class that the crowd can read: it is neither on time nor late.",
          [
            { expr: `sum(${rate("matchday_crowd_events_total")})`, legend: "events", colour: "blue" },
            {
              expr: `sum(${rate("matchday_crowd_not_judged_total")})`,
              legend: "not judged",
              colour: "orange",
            },
          ],
        ),
        lines("Bytes read", "Bps", "Per second, by all clients.", [
          { expr: `sum(${rate("matchday_crowd_bytes_total")})`, legend: "bytes", colour: "blue" },
        ]),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          "Connect",
          "s",
          "Planned instant to first byte of an accepted stream.",
          quantilesOf("connect", ["0.5", "0.95", "0.99"]),
        ),
        lines(
          "First event",
          "s",
          "Planned instant to first event.",
          quantilesOf("first_event", ["0.5", "0.95", "0.99"]),
        ),
        lines("Events that came wrong", "cps", "Per second: duplicate, reordered, misdelivered.", [
          {
            expr: `sum by (kind) (${rate("matchday_crowd_anomalies_total")})`,
            legend: "{{kind}}",
          },
        ]),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          "Busy share of the machine",
          "percentunit",
          "All cores of the machine that the generators run on; near 100 %, stack and crowd fight for the cores.",
          [{ expr: "max(matchday_machine_cpu_busy_ratio)", legend: "busy", colour: "blue" }],
          { width: 24, max: 1 },
        ),
      ],
    },
  ],
};
