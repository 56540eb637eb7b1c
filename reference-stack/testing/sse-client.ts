import { connect, type Socket } from "node:net";
import { until } from "../../common/until.ts";

export interface SseEvent {
  id: number;
  event: string;
  data: unknown;
  atMs: number;
}

/** A small client that shows what came over the wire, in order; and can stop reading. */
export class SseClient implements AsyncDisposable {
  readonly events: SseEvent[] = [];
  readonly comments: string[] = [];
  head = "";
  ended = false;
  #raw = "";
  #text = "";
  readonly #socket: Socket;

  private constructor(socket: Socket, request: string) {
    this.#socket = socket;
    socket.on("data", (data) => this.#read(data.toString("utf8")));
    socket.on("close", () => {
      this.ended = true;
    });
    socket.on("error", () => {});
    socket.write(request);
  }

  /** Resolves when the head of the answer is there. */
  static async open(
    edge: string,
    {
      match = "final",
      path = `/api/match/${match}/events`,
      lastEventId,
      query = "",
      headers = {},
    }: {
      match?: string;
      path?: string;
      lastEventId?: number | string;
      query?: string;
      headers?: Record<string, string>;
    } = {},
  ): Promise<SseClient> {
    const { hostname, port } = new URL(edge);
    const all = { Host: `${hostname}:${port}`, Accept: "text/event-stream", ...headers };
    const lines = Object.entries(
      lastEventId === undefined ? all : { ...all, "Last-Event-ID": String(lastEventId) },
    );
    const request = [
      `GET ${path}${query} HTTP/1.1`,
      ...lines.map(([name, value]) => `${name}: ${value}`),
      "",
      "",
    ].join("\r\n");
    const client = new SseClient(connect({ host: hostname, port: Number(port) }), request);
    await until(() => client.head !== "", { withinMs: 5000, orElse: `no answer from ${edge}`, everyMs: 2 });
    return client;
  }

  /** Numbers of all events but snapshots. */
  get ids(): number[] {
    return this.events.filter(({ event }) => event !== "snapshot").map(({ id }) => id);
  }

  get snapshots(): SseEvent[] {
    return this.events.filter(({ event }) => event === "snapshot");
  }

  get lastId(): number {
    return this.events.at(-1)?.id ?? -1;
  }

  async untilId(id: number, withinMs = 5000): Promise<void> {
    await until(() => this.lastId >= id, {
      withinMs,
      everyMs: 5,
      orElse: `event ${id} did not come within ${withinMs} ms; the last was ${this.lastId}`,
    });
  }

  stopReading(): void {
    this.#socket.pause();
  }

  goOnReading(): void {
    this.#socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }

  #read(data: string): void {
    this.#raw += data;
    if (this.head === "") {
      const end = this.#raw.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.head = this.#raw.slice(0, end);
      this.#raw = this.#raw.slice(end + 4);
    }
    // All frames here are ASCII: a chunk's length in bytes is its length in characters.
    for (;;) {
      const line = this.#raw.indexOf("\r\n");
      if (line === -1) break;
      const length = Number.parseInt(this.#raw.slice(0, line), 16);
      if (this.#raw.length < line + 2 + length + 2) break;
      this.#text += this.#raw.slice(line + 2, line + 2 + length);
      this.#raw = this.#raw.slice(line + 2 + length + 2);
    }
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end === -1) break;
      this.#event(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 2);
    }
  }

  #event(block: string): void {
    if (block.startsWith(":")) {
      this.comments.push(block);
      return;
    }
    const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]));
    if (!fields.has("data")) {
      this.comments.push(block);
      return;
    }
    this.events.push({
      id: Number(fields.get("id")),
      event: fields.get("event") ?? "message",
      data: JSON.parse(fields.get("data")!),
      atMs: performance.now(),
    });
  }
}

/** `from, from+1, … to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
