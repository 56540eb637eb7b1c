import type { Board, LinesPanel, Query } from "../model.ts";
import { rate, serviceQuantile } from "../promql.ts";
import { lines } from "./panels.ts";

const byPart = (expr: string, legend = "{{part}}"): Query => ({ expr: `sum by (part) (${expr})`, legend });

/** The harness looks at every part while a run goes on; between runs our services tell of themselves. */
const process = (ofHarness: string, ofItself: string): Query => ({
  expr: `sum by (part) (${ofHarness}) or sum by (part) (${ofItself})`,
  legend: "{{part}}",
});

/** What only watches is no part of what is rehearsed. */
const watched = '{kind!="observability"}';

const calls = "matchday_dependency_call_duration_seconds";

/** How long calls to a dependency take, and how many of them fail, by who calls. */
const callPanels = (
  dependency: "redis" | "postgres",
  name: string,
  callers: string,
  by: "part" | "call",
): LinesPanel[] => [
  lines(
    `${name}: calls, p99`,
    "s",
    `How long ${callers} wait for an answer.`,
    [
      {
        expr: serviceQuantile(0.99, calls, by, `{dependency="${dependency}"}`),
        legend: `{{${by}}}`,
      },
    ],
    { tracesOf: by === "part" ? "$part" : "scores" },
  ),
  lines(
    `${name}: failed calls`,
    "cps",
    "Per second, connecting included.",
    [
      {
        // There is no series of errors before the first; calls without any are 0, not nothing.
        expr: `sum by (part) (${rate(`matchday_dependency_errors_total{dependency="${dependency}"}`)}) or 0 * sum by (part) (${calls}_count{dependency="${dependency}"})`,
        legend: "{{part}}",
      },
    ],
    { tracesOf: "$part" },
  ),
];

export const stack: Board = {
  uid: "matchday-stack",
  title: "Stack",
  description: "Each process of the reference stack, and what it depends on.",
  tracesOf: "scores",
  rows: [
    {
      title: "Processes",
      height: 9,
      panels: [
        {
          kind: "states",
          title: "Which parts answer",
          description: "As the harness sees them, each second.",
          width: 24,
          mapping: { 0: { text: "down", colour: "dark-red" }, 1: { text: "up", colour: "dark-green" } },
          queries: [{ expr: `min by (part) (matchday_part_up${watched})`, legend: "{{part}}" }],
        },
      ],
    },
    {
      height: 8,
      panels: [
        lines("CPU", "percentunit", "100 % is one core.", [
          process(
            rate(`matchday_part_cpu_seconds_total${watched}`),
            rate('process_cpu_seconds_total{part!="",part!="observer"}'),
          ),
        ]),
        lines("Memory", "decbytes", "Resident.", [
          process(
            `matchday_part_memory_bytes${watched}`,
            'process_resident_memory_bytes{part!="",part!="observer"}',
          ),
        ]),
        lines(
          "Event-loop lag, p99",
          "s",
          "How late the event loop of a service came round, in each second.",
          [byPart('matchday_event_loop_lag_p99_seconds{part!="observer"}')],
          { tracesOf: "$part" },
        ),
      ],
    },
    {
      title: "Fan-out",
      height: 8,
      panels: [
        lines(
          "Sweep, p99",
          "s",
          "From the first to the last client of an event.",
          [
            {
              expr: serviceQuantile(0.99, "matchday_fanout_sweep_duration_seconds", "part"),
              legend: "{{part}}",
            },
          ],
          { system: "live-scores" },
        ),
        lines(
          "Batch, p99",
          "s",
          "One turn of writing to sockets: for as long, the edge does nothing else.",
          [
            {
              expr: serviceQuantile(0.99, "matchday_fanout_batch_duration_seconds", "part"),
              legend: "{{part}}",
            },
          ],
          { system: "live-scores" },
        ),
        lines("Open streams", "short", "Clients of the edges, and followers of the vendor's feed.", [
          byPart("matchday_connections"),
        ]),
      ],
    },
    {
      height: 8,
      panels: [
        lines("Write backlog", "decbytes", "Bytes that wait in sockets, over what the kernel has taken.", [
          byPart("matchday_write_backlog_bytes"),
        ]),
        lines("Slow clients", "short", "Clients that take less than they are sent.", [
          byPart("matchday_slow_clients"),
        ]),
        lines(
          "Streams begun, and cut over",
          "cps",
          "Per second; a slow client is cut over to the newest state.",
          [
            { expr: `sum(${rate("matchday_streams_opened_total")})`, legend: "begun", colour: "blue" },
            { expr: `sum(${rate("matchday_slow_cutovers_total")})`, legend: "cut over", colour: "orange" },
            { expr: `sum(${rate("matchday_slow_closed_total")})`, legend: "closed", colour: "red" },
          ],
        ),
      ],
    },
    {
      title: "Redis",
      height: 8,
      panels: [
        ...callPanels("redis", "Redis", "scores and the edges", "part"),
        lines("Redis: commands", "ops", "Per second, as Redis counts them.", [
          { expr: `sum(${rate("matchday_redis_commands_total")})`, legend: "commands", colour: "blue" },
        ]),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          "Redis: memory",
          "decbytes",
          "Of all, and of its connections: what waits for those that read slowly.",
          [
            { expr: "max(matchday_redis_used_memory_bytes)", legend: "used", colour: "blue" },
            { expr: "max(matchday_redis_client_buffers_bytes)", legend: "connections", colour: "orange" },
          ],
        ),
        lines("Redis: clients", "short", "Connected; of these, subscribed.", [
          { expr: "max(matchday_redis_connected_clients)", legend: "connected", colour: "blue" },
          { expr: "max(matchday_redis_pubsub_clients)", legend: "subscribed", colour: "green" },
        ]),
        lines(
          "Last event of each stream",
          "none",
          "scores: what Redis has taken. Edges: what is there. A line that stays back is a part that is behind.",
          [
            {
              expr: "max by (part) (matchday_stream_seq)",
              legend: "{{part}}",
            },
          ],
          { system: "live-scores" },
        ),
      ],
    },
    {
      title: "PostgreSQL",
      height: 8,
      panels: [
        ...callPanels("postgres", "PostgreSQL", "scores has to", "call"),
        lines("PostgreSQL: transactions", "ops", "Per second.", [
          { expr: `sum(${rate("matchday_postgres_commits_total")})`, legend: "commits", colour: "green" },
          { expr: `sum(${rate("matchday_postgres_rollbacks_total")})`, legend: "rollbacks", colour: "red" },
        ]),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          "PostgreSQL: backends",
          "short",
          "Open connections; of these, waiting for a lock.",
          [
            { expr: "max(matchday_postgres_backends)", legend: "backends", colour: "blue" },
            { expr: "max(matchday_postgres_waiting_backends)", legend: "waiting", colour: "orange" },
          ],
          { width: 6 },
        ),
        lines(
          "PostgreSQL: rows written",
          "cps",
          "Per second.",
          [
            {
              expr: `sum(${rate("matchday_postgres_tuples_inserted_total")})`,
              legend: "inserted",
              colour: "blue",
            },
          ],
          { width: 6 },
        ),
        lines(
          "PostgreSQL: age of the replica",
          "s",
          "Of the last transaction that it has replayed, while it is behind.",
          [{ expr: "max(matchday_postgres_replication_lag_seconds)", legend: "behind", colour: "orange" }],
          { width: 6 },
        ),
        lines(
          "PostgreSQL: WAL that the replica lacks",
          "decbytes",
          "Written by the primary, not yet replayed.",
          [{ expr: "max(matchday_postgres_replication_lag_bytes)", legend: "behind", colour: "orange" }],
          { width: 6 },
        ),
      ],
    },
    {
      title: "Toxiproxy",
      height: 8,
      panels: [
        lines(
          "Legs: bytes to the dependency",
          "Bps",
          "Per second, by leg. A leg that is cut falls to nothing.",
          [
            {
              expr: `sum by (proxy) (${rate('toxiproxy_proxy_sent_bytes_total{direction="upstream"}')})`,
              legend: "{{proxy}}",
            },
          ],
        ),
        lines("Legs: bytes back", "Bps", "Per second, by leg.", [
          {
            expr: `sum by (proxy) (${rate('toxiproxy_proxy_sent_bytes_total{direction="downstream"}')})`,
            legend: "{{proxy}}",
          },
        ]),
        lines(
          "Legs: bytes held back",
          "decbytes",
          "Taken in by Toxiproxy and not passed on: a black hole, or a slow leg.",
          [
            {
              expr: "sum by (proxy) (toxiproxy_proxy_received_bytes_total) - sum by (proxy) (toxiproxy_proxy_sent_bytes_total)",
              legend: "{{proxy}}",
            },
          ],
        ),
      ],
    },
  ],
};
