import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import type { Follower } from "./follower.ts";
import type { Openings } from "./openings.ts";

export interface LobbyCounters {
  opened(how: string): void;
  refused(code: string): void;
  slow(): void;
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
  return {
    opened(how) {
      opened.inc();
      begun.inc({ how });
    },
    refused: (code) => refused.inc({ reason: code.toLowerCase() }),
    slow: () => slow.inc(),
  };
}

export function lobbyGauges(
  metrics: ServiceMetrics,
  { openings, follower }: { openings: Openings; follower: Follower },
): void {
  metrics.gauge("joins_pending", "Requests for a place that wait for Redis", (gauge) =>
    gauge.set(openings.pending),
  );
  metrics.gauge("waiting_here", "Places that wait at this edge", (gauge) => {
    let waiting = 0;
    for (const room of follower.rooms.values()) waiting += room.waiting;
    gauge.set(waiting);
  });
}
