import { hash } from "node:crypto";
import { connect, type Socket } from "node:net";

export interface QueueEvent {
  event: string;
  data: Record<string, string | number | null>;
  atMs: number;
}

interface QueueRequest {
  event?: string;
  buyer: string;
  ticket?: string;
  fingerprint?: string;
  challenge?: string;
  secret?: string;
  /** Further lines of the request. */
  headers?: string[];
}

/** A buyer before an edge of the waiting room, on a bare socket. */
export class QueueClient implements AsyncDisposable {
  readonly events: QueueEvent[] = [];
  status = 0;
  /** Of a refusal. */
  code: string | undefined;
  closed = false;
  readonly socket: Socket;
  #text = "";
  #head = "";
  readonly #listeners = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (data) => this.#read(data.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Asks for a place; does not wait for the answer. */
  static open(edge: string, { event = "final", buyer, ...rest }: QueueRequest): QueueClient {
    const { hostname, port } = new URL(edge);
    const client = new QueueClient(connect({ host: hostname, port: Number(port) }));
    const { ticket, fingerprint = `fp-${buyer}`, headers = [] } = rest;
    const secret = rest.secret ?? `the-secret-of-${buyer}`;
    const challenge = rest.challenge ?? hash("sha256", `presale:${event}:${buyer}`, "hex");
    const query = new URLSearchParams({ buyer, ...(ticket === undefined ? {} : { ticket }) });
    const lines = [
      `GET /api/presales/${event}/queue?${query} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      "Accept: text/event-stream",
      `X-Fingerprint: ${fingerprint}`,
      `X-Challenge: ${challenge}`,
      `X-Buyer-Secret: ${secret}`,
      ...headers,
    ];
    client.socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    return client;
  }

  /** Opens, and resolves with the status of the answer. */
  static async answered(edge: string, request: QueueRequest): Promise<QueueClient> {
    const client = QueueClient.open(edge, request);
    await client.until(() => client.status !== 0 && (client.status === 200 || client.code !== undefined));
    return client;
  }

  /** The first event of this name, come or still to come. */
  async event(name: string, withinMs = 5000): Promise<QueueEvent["data"]> {
    const find = () => this.events.find(({ event }) => event === name);
    await this.until(() => find() !== undefined, withinMs, `no ${name}`);
    return find()!.data;
  }

  all(name: string): QueueEvent["data"][] {
    return this.events.filter(({ event }) => event === name).map(({ data }) => data);
  }

  until(holds: () => boolean, withinMs = 5000, orElse = "not so"): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        done();
        const had = this.events.map(({ event }) => event).join(" ");
        reject(new Error(`${orElse}: ${why}; status ${this.status} ${this.code ?? ""}, events: ${had}`));
      };
      const timer = setTimeout(() => fail(`after ${withinMs} ms`), withinMs);
      const look = () => {
        if (!holds()) {
          if (this.closed) fail("the connection was closed");
          return;
        }
        done();
        resolve();
      };
      const done = () => {
        clearTimeout(timer);
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
  }

  #read(data: string): void {
    this.#text += data;
    if (this.#head === "") {
      const end = this.#text.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.#head = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 4);
      this.status = Number(this.#head.slice(9, 12));
    }
    if (this.status === 200) this.#readEvents();
    else if (this.#text.endsWith("}")) this.code = JSON.parse(this.#text).code;
    for (const listener of this.#listeners) listener();
  }

  /** Chunks of whole frames, all ASCII. */
  #readEvents(): void {
    for (;;) {
      const line = this.#text.indexOf("\r\n");
      if (line === -1) return;
      const length = Number.parseInt(this.#text.slice(0, line), 16);
      if (this.#text.length < line + 2 + length + 2) return;
      const block = this.#text.slice(line + 2, line + 2 + length);
      this.#text = this.#text.slice(line + 2 + length + 2);
      const [, event, data] = /^event: ([\w-]+)\ndata: (.*)\n\n$/.exec(block) ?? [];
      if (event !== undefined) this.events.push({ event, data: JSON.parse(data!), atMs: performance.now() });
    }
  }
}
