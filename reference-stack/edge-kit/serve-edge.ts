import type { Server as HttpServer } from "node:http";
import { z } from "zod";
import { type Health, startAdmin } from "../service-kit/admin.ts";
import { count, readConfig, servicePorts } from "../service-kit/config.ts";
import { ServiceMetrics } from "../service-kit/metrics.ts";
import { runService } from "../service-kit/run.ts";
import { startTracing, tracingShape } from "../service-kit/start-tracing.ts";
import type { Tracing } from "../service-kit/tracing.ts";
import { Acceptor, type ShortWay } from "./acceptor.ts";
import { closeConnections, endStreams } from "./drain.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { OpenStream, Outlet } from "./outlet.ts";

const kitShape = {
  ...servicePorts,
  ...tracingShape,
  EDGE_NAME: z.string().regex(/^[\w-]{1,64}$/),
  SLOW_BYTES: count(64 * 1024),
  /** How long a drain is spread over. */
  DRAIN_MS: count(1000),
};

type Config<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<typeof kitShape & Shape>>;

/** What every edge has from its process: its settings, and where it tells of itself. */
export interface EdgeBase<Shape extends z.ZodRawShape> {
  config: Config<Shape>;
  metrics: ServiceMetrics;
  tracing: Tracing;
  health(): Health;
}

/** One kind of edge: what it answers, and to whom it writes. */
export interface Edge<Stream extends OpenStream> {
  /** Its public API. It does not listen: connections are handed to it. */
  http: HttpServer;
  shortWay: ShortWay;
  streams: {
    readonly clients: ReadonlySet<Stream>;
    /** Ends so many streams; clients come back, elsewhere. */
    end(count: number): void;
  };
  outlet: Outlet<Stream>;
  /** Whether it is connected to what it needs, and what else `/healthz` tells. */
  health(): { ready: boolean; [detail: string]: unknown };
  /** Once it listens. */
  begin(): void;
  /** No stream begins any more. */
  drain?(): void | Promise<void>;
  /** When all streams have ended. */
  close(): Promise<void>;
}

/** Runs an edge as this process: it listens, beats, tells of itself, and ends its streams bit by bit. */
export async function runEdge<Shape extends z.ZodRawShape, Stream extends OpenStream>(
  service: string,
  shape: Shape,
  build: (base: EdgeBase<Shape>) => Edge<Stream>,
): Promise<void> {
  await runService(service, async () => {
    const config = readConfig({ ...kitShape, ...shape }, process.env) as Config<Shape> &
      z.infer<z.ZodObject<typeof kitShape>>;
    const metrics = new ServiceMetrics(config.EDGE_NAME);
    const tracing = await startTracing(config.EDGE_NAME, config, metrics);
    let isStopping = false;
    const health = (): Health => {
      const { ready, ...details } = edge.health();
      const connections = edge.streams.clients.size;
      return { healthy: !isStopping, ready: !isStopping && ready, connections, ...details };
    };
    const edge: Edge<Stream> = build({ config, metrics, tracing, health });
    tellOfStreams(metrics, edge);
    const givenUp = metrics.counter(
      "slow_closed_total",
      "Clients that took nothing for a minute and were closed",
    );
    const heartbeat = new Heartbeat(edge.streams.clients, edge.outlet, () => givenUp.inc());
    const acceptor = new Acceptor({
      http: edge.http,
      shortWay: edge.shortWay,
      slowBytes: config.SLOW_BYTES,
    });
    const admin = await startAdmin(config, metrics, health, { tracing });
    await acceptor.listen(config.PORT, config.HOST);
    edge.begin();
    return {
      async stop() {
        isStopping = true;
        heartbeat.stop();
        acceptor.stopAccepting();
        await edge.drain?.();
        await endStreams(edge.streams.clients, (count) => edge.streams.end(count), config.DRAIN_MS);
        await closeConnections(acceptor);
        await edge.close();
        await tracing.close();
        await admin.close();
      },
    };
  });
}

function tellOfStreams<Stream extends OpenStream>(
  metrics: ServiceMetrics,
  { streams: { clients }, outlet }: Edge<Stream>,
): void {
  metrics.total("fanout_writes_total", "Writes to open streams", () => outlet.writes);
  metrics.total("fanout_bytes_total", "Bytes written to open streams", () => outlet.bytes);
  metrics.gauge("connections", "Open streams", (gauge) => gauge.set(clients.size));
  metrics.gauge(
    "write_backlog_bytes",
    "Bytes that wait in sockets, over what the kernel has taken",
    (gauge) => {
      let bytes = 0;
      for (const { socket } of clients) bytes += socket.writableLength;
      gauge.set(bytes);
    },
  );
  metrics.gauge("slow_clients", "Clients that take less than they are sent", (gauge) => {
    let slow = 0;
    for (const { mode } of clients) if (mode === "slow") slow++;
    gauge.set(slow);
  });
}
