/**
 * `npm run bench:observability`: what it costs the fan-out to be watched. Two edges, each with the same number of clients; one
 * is scraped each second and every event that it gets is sampled (a rehearsal samples goals, and 1 % of the odds), the other is
 * left alone. Both take turns, and swap their roles in the middle; each pair of turns gives a ratio, and the median of them
 * is held to 1.03.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { nowUs } from "../common/clock.ts";
import type { StreamEvent } from "../common/match-day.ts";
import { formatTraceparent } from "../common/trace-context.ts";
import { until } from "../common/until.ts";
import { processTree } from "../reference-stack/providers/process-tree.ts";
import { serviceSpans } from "../reference-stack/providers/service-spans.ts";
import { untilEdgesKnow } from "../reference-stack/providers/until-known.ts";
import { newRedisClient, type RedisClient } from "../reference-stack/service-kit/redis-link.ts";
import { eventFrame } from "../reference-stack/services/edge/channel.ts";
import {
  entryId,
  eventField,
  liveMessage,
  redisNames,
} from "../reference-stack/services/match-data/redis-names.ts";
import { startTestStack } from "../reference-stack/testing/stack.ts";
import { median, printFigures } from "./figures.ts";

const { values } = parseArgs({
  options: { clients: { type: "string", default: "2000" }, pairs: { type: "string", default: "24" } },
});
const clients = Number(values.clients);
const pairs = Number(values.pairs);
const limit = 1.03;
/** A turn is as long as the interval at which Prometheus scrapes: one scrape falls into it. */
const turnMs = 1000;

/** One edge with its clients, who count bytes. */
class Watched {
  readonly name: string;
  readonly stream: string;
  readonly #process: ReturnType<typeof processOf>;
  readonly #redis: RedisClient;
  readonly #sockets: Socket[] = [];
  #seq = 0;
  #owedBytes = 0;
  #all = Promise.withResolvers<void>();

  constructor(name: string, redis: RedisClient) {
    this.name = name;
    this.stream = `match:${name}`;
    this.#process = processOf(name);
    this.#redis = redis;
  }

  async open(url: string): Promise<void> {
    const { hostname, port } = new URL(url);
    const request = `GET /api/match/${this.name}/events HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
    for (let client = 0; client < clients; client++) {
      const socket = connect(Number(port), hostname);
      this.#sockets.push(socket);
      socket.write(request);
      await once(socket, "data");
      socket.on("data", ({ length }) => {
        this.#owedBytes -= length;
        if (this.#owedBytes === 0) this.#all.resolve();
      });
    }
  }

  /** Event after event, each when all clients have the one before it. */
  async turn(observed: boolean): Promise<{ wallUs: number; cpuUs: number }> {
    const scrapes = observed ? delay(turnMs / 3).then(() => this.#scrape()) : undefined;
    const cpuBeforeUs = cpuUsOf(this.#process.pid);
    const beganMs = performance.now();
    let events = 0;
    for (; performance.now() - beganMs < turnMs; events++) await this.#publish(observed);
    const wallUs = (performance.now() - beganMs) * 1000;
    const cpuUs = cpuUsOf(this.#process.pid) - cpuBeforeUs;
    await scrapes;
    return { wallUs: wallUs / events, cpuUs: cpuUs / events };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #scrape(): Promise<void> {
    const { metricsUrl } = this.#process;
    await Promise.all([
      fetch(`${metricsUrl}/metrics`).then((response) => response.text()),
      serviceSpans([metricsUrl], `Bearer ${run.stack.secrets.control}`),
    ]);
  }

  async #publish(traced: boolean): Promise<void> {
    const event: StreamEvent = {
      v: 1,
      stream: this.stream,
      seq: ++this.#seq,
      class: "goal",
      sourceAtUs: nowUs(),
      publishedAtUs: nowUs(),
      event: { type: "GOAL", factId: "g1", version: this.#seq, team: "home", minute: 3, player: "Ito" },
    };
    const json = JSON.stringify(event);
    const [traceId, spanId] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
    const traceparent = traced ? formatTraceparent({ traceId, spanId, sampled: true }) : undefined;
    this.#owedBytes = clients * eventFrame(event, json).length;
    this.#all = Promise.withResolvers();
    await this.#redis
      .multi()
      .xAdd(redisNames.events(this.stream), entryId(event.seq), { [eventField]: json })
      .publish(redisNames.live(this.stream), liveMessage(json, traceparent))
      .exec();
    await until(() => this.#all.promise.then(() => true), { withinMs: 10_000, orElse: "an event got lost" });
  }
}

/** The process of an edge, found among our own by what it was told. */
function processOf(edge: string): { pid: number; metricsUrl: string } {
  for (const pid of processTree(process.pid)) {
    const told = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    if (!told.includes(`EDGE_NAME=${edge}`)) continue;
    const port = told.find((variable) => variable.startsWith("METRICS_PORT="))!.split("=")[1];
    return { pid, metricsUrl: `http://127.0.0.1:${port}` };
  }
  throw new Error(`${edge} does not run`);
}

/** In all its threads, finer than the 10 ms of /proc/<pid>/stat (Linux: Documentation/scheduler/sched-stats). */
function cpuUsOf(pid: number): number {
  const onCpuNs = (thread: string) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + onCpuNs(thread), 0) / 1000;
}

await using run = await startTestStack(2);
const redis = newRedisClient(
  `redis://:${run.stack.secrets.redis}@${(await run.toxiproxy.list()).get("scores.redis")!.upstream}`,
);
redis.on("error", () => {});
await redis.connect();
const watched = run.stack.edges.map(({ name }) => new Watched(name, redis));
try {
  const streams = watched.map(({ stream }) => stream);
  const announced = redis.multi().sAdd(redisNames.streams, streams);
  for (const stream of streams) announced.publish(redisNames.announce, stream);
  await announced.exec();
  const urls = run.stack.edges.map(({ url }) => url);
  await untilEdgesKnow(urls, streams, 5000);
  await Promise.all(watched.map((edge, index) => edge.open(urls[index]!)));
  console.error(`${2 * clients} clients are in`);
  for (const edge of watched) await edge.turn(true);

  const wall: { on: number; off: number }[] = [];
  const cpu: { on: number; off: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const on = watched[pair < pairs / 2 ? 0 : 1]!;
    const off = watched[pair < pairs / 2 ? 1 : 0]!;
    // Who begins alternates too: what a turn leaves behind is paid for by both.
    const turns = new Map<Watched, Awaited<ReturnType<Watched["turn"]>>>();
    for (const edge of pair % 2 === 0 ? [on, off] : [off, on]) turns.set(edge, await edge.turn(edge === on));
    wall.push({ on: turns.get(on)!.wallUs, off: turns.get(off)!.wallUs });
    cpu.push({ on: turns.get(on)!.cpuUs, off: turns.get(off)!.cpuUs });
  }

  const ratio = (turns: { on: number; off: number }[]) => median(turns.map(({ on, off }) => on / off));
  const figure = (what: string, turns: { on: number; off: number }[]) => ({
    what,
    observed: median(turns.map(({ on }) => on)) / 1000,
    unit: "ms",
    against: { what: "left alone", value: median(turns.map(({ off }) => off)) / 1000 },
  });
  const held = (what: string, turns: { on: number; off: number }[]) => ({
    what,
    observed: ratio(turns),
    unit: "×",
    against: { what: "limit", value: limit },
  });
  printFigures(
    `One event to ${clients} clients of an edge that is scraped and traced (${pairs} pairs of turns)`,
    [
      figure("until read by all", wall),
      figure("CPU of the edge", cpu),
      held("paired ratio, time", wall),
      held("paired ratio, CPU", cpu),
    ],
  );
} finally {
  for (const edge of watched) edge.close();
  await redis.close();
}
