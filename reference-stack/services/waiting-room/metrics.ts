import type { ServiceMetrics } from "../service/metrics.ts";
import type { Follower } from "./follower.ts";
import type { Lobby } from "./lobby.ts";
import type { Openings } from "./openings.ts";

export interface LobbyCounters {
  opened(how: string): void;
  refused(code: string): void;
  slow(): void;
  givenUp(): void;
}

export function lobbyCounters(metrics: ServiceMetrics): LobbyCounters {
  const opened = metrics.counter("streams_opened_total", "Streams that were begun");
  const begun = metrics.counter("queue_openings_total", "Streams of the queue, by what they began with", [
    "how",
  ]);
  const refused = metrics.counter("joins_refused_total", "Requests for a place that were refused", [
    "reason",
  ]);
  const slow = metrics.counter("slow_cutovers_total", "Times that a client took less than it was sent");
  const givenUp = metrics.counter(
    "slow_closed_total",
    "Clients that took nothing for a minute and were closed",
  );
  return {
    opened(how) {
      opened.inc();
      begun.inc({ how });
    },
    refused: (code) => refused.inc({ reason: code.toLowerCase() }),
    slow: () => slow.inc(),
    givenUp: () => givenUp.inc(),
  };
}

export function lobbyGauges(
  metrics: ServiceMetrics,
  { lobby, openings, follower }: { lobby: Lobby; openings: Openings; follower: Follower },
): void {
  metrics.total("fanout_writes_total", "Writes to open streams", () => lobby.writes);
  metrics.total("fanout_bytes_total", "Bytes written to open streams", () => lobby.bytes);
  metrics.gauge("connections", "Open streams", (gauge) => gauge.set(lobby.clients.size));
  metrics.gauge("joins_pending", "Requests for a place that wait for Redis", (gauge) =>
    gauge.set(openings.pending),
  );
  metrics.gauge("waiting_here", "Places that wait at this edge", (gauge) => {
    let waiting = 0;
    for (const room of follower.rooms.values()) waiting += room.waiting;
    gauge.set(waiting);
  });
  metrics.gauge(
    "write_backlog_bytes",
    "Bytes that wait in sockets, over what the kernel has taken",
    (gauge) => {
      let bytes = 0;
      for (const { socket } of lobby.clients) bytes += socket.writableLength;
      gauge.set(bytes);
    },
  );
  metrics.gauge("slow_clients", "Clients that take less than they are sent", (gauge) => {
    let slow = 0;
    for (const { mode } of lobby.clients) if (mode === "slow") slow++;
    gauge.set(slow);
  });
}
