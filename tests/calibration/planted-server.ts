import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { nowUs } from "../../common/clock.ts";
import type { EventClass } from "../../common/match-day.ts";
import type { MatchEvent, Odds } from "../../common/match-state.ts";
import type { PublishedEvent } from "../../common/records.ts";
import type { StackHandle } from "../../reference-stack/handle.ts";

export const stream = "match:calibration";

/** One connection, as the server sees it. */
export interface PlantedClient {
  socket: Socket;
  /** 0, 1, 2 … in the order of connecting; a reconnect is a new one. */
  index: number;
  lastEventId: number | undefined;
}

/** What goes wrong, on purpose. Every hook has a right default. */
export interface Plant {
  /** Frames to write to this client for this event, in order; `[]` drops it. */
  frames?(client: PlantedClient, event: PublishedEvent): (PublishedEvent & { to?: number })[];
  /** Writes one frame; resolves when it is on its way. */
  write?(client: PlantedClient, frame: string, event: PublishedEvent): void | Promise<void>;
  /** Before the response header is sent. */
  beforeHeader?(client: PlantedClient): Promise<void>;
  /** How long after its publishing an event is sent. */
  sendAfterMs?(event: PublishedEvent): number;
}

export interface PlantedSchedule {
  atMs: number;
  class: EventClass;
  event: MatchEvent | Odds;
}

export const frameOf = (event: PublishedEvent) =>
  `id: ${event.seq}\nevent: ${event.class}\ndata: ${JSON.stringify({ v: 1, ...event })}\n\n`;

/** A small SSE server over raw sockets that knows exactly what it did wrong. */
export class PlantedServer implements AsyncDisposable {
  readonly published: PublishedEvent[] = [];
  /** publishedAt → handed to the kernel, in ms, of every frame that a client had not had before. */
  readonly agesMs: number[] = [];
  connections = 0;
  readonly #plant: Plant;
  readonly #schedule: PlantedSchedule[];
  readonly #clients = new Set<PlantedClient>();
  readonly #server: Server;
  readonly #ended = new AbortController();
  #feeding: Promise<void> | undefined;
  #sending: Promise<void> = Promise.resolve();
  url = "";

  private constructor(schedule: PlantedSchedule[], plant: Plant) {
    this.#plant = plant;
    this.#schedule = schedule;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(schedule: PlantedSchedule[], plant: Plant): Promise<PlantedServer> {
    const planted = new PlantedServer(schedule, plant);
    await new Promise<void>((resolve) =>
      planted.#server.listen({ host: "127.0.0.1", port: 0, backlog: 1024 }, resolve),
    );
    const address = planted.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    planted.url = `http://127.0.0.1:${address.port}`;
    return planted;
  }

  #accept(socket: Socket): void {
    let head = "";
    const client: PlantedClient = { socket, index: this.connections++, lastEventId: undefined };
    socket.on("error", () => {});
    socket.on("close", () => this.#clients.delete(client));
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      head += chunk;
      if (!head.includes("\r\n\r\n")) return;
      const id = /\r\nlast-event-id: *(\d+)/i.exec(head)?.[1];
      if (id !== undefined) client.lastEventId = Number(id);
      head = "";
      void this.#answer(client);
    });
  }

  async #answer(client: PlantedClient): Promise<void> {
    await this.#plant.beforeHeader?.(client);
    const seq = client.lastEventId ?? this.published.length;
    const missed = this.published.filter((event) => event.seq > seq);
    const snapshot = {
      v: 1,
      stream,
      seq,
      class: "snapshot",
      publishedAtUs: nowUs(),
      state: this.published.filter((event) => event.class !== "odds").map(({ event }) => event),
      odds: null,
    };
    const opening =
      client.lastEventId === undefined
        ? `id: ${seq}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`
        : "";
    client.socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n${opening}${missed.map(frameOf).join("")}`,
    );
    this.#clients.add(client);
  }

  async #feed(startAtUs: number): Promise<void> {
    const signal = this.#ended.signal;
    const sleepUntil = (us: number) => delay(Math.max(0, (us - nowUs()) / 1000), undefined, { signal });
    for (const [index, item] of this.#schedule.entries()) {
      await sleepUntil(startAtUs + item.atMs * 1000);
      const atUs = nowUs();
      const event: PublishedEvent = {
        stream,
        seq: index + 1,
        class: item.class,
        sourceAtUs: atUs,
        publishedAtUs: atUs,
        event: item.event,
      };
      this.published.push(event);
      // Who is here now is owed a frame; who comes later has it in the snapshot.
      const audience = [...this.#clients];
      const dueUs = atUs + (this.#plant.sendAfterMs?.(event) ?? 0) * 1000;
      // One queue for all: what is delayed stays in order.
      this.#sending = this.#sending.then(async () => {
        await sleepUntil(dueUs);
        for (const client of audience) {
          for (const frame of this.#plant.frames?.(client, event) ?? [event]) {
            this.agesMs.push((nowUs() - frame.publishedAtUs) / 1000);
            await (this.#plant.write ?? write)(client, frameOf(frame), frame);
          }
        }
      });
      this.#sending.catch(() => {});
    }
    await this.#sending;
  }

  /** The server as the stack of a rehearsal. */
  handle(otherEdges: string[] = []): StackHandle {
    return {
      provider: "target",
      edges: [...otherEdges, this.url].map((url, index) => ({ name: `planted-${index}`, url })),
      targets: {},
      consoles: [],
      showMetrics: async () => {},
      spans: async () => [],
      open: async (_system, { startAtUs }) => {
        this.#feeding = this.#feed(startAtUs).catch(() => {});
      },
      ledger: { published: async (after) => this.published.slice(after) },
      figures: async () => [],
      onPartDown() {},
      stop: () => this.stop(),
      [Symbol.asyncDispose]: () => this.stop(),
    };
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#feeding;
    for (const { socket } of this.#clients) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

export function write(client: PlantedClient, frame: string): void {
  client.socket.write(frame);
}
