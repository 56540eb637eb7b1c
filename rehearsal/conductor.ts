import { randomBytes, timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import { nowUs } from "../common/clock.ts";
import type { CrowdFinal, CrowdInterval } from "../common/records.ts";
import type { IntervalReply, StartOrder } from "../crowd/contract.ts";

/** Histograms of a second, of all measures, classes and phases; far above what one interval needs. */
const bodyLimitBytes = 32 * 1024 * 1024;

interface GeneratorParams {
  Params: { n: string };
}

/** What the live page and its data are made from. */
export interface LiveSource {
  page(): string;
  data(): unknown;
}

/** What Prometheus is told, in its text format. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

/**
 * The control server that generators report to: a barrier before the start, one interval a second, one final record.
 * It listens on loopback, and all but the live page and `/metrics` needs the token.
 */
export class Conductor implements AsyncDisposable {
  readonly token = randomBytes(24).toString("base64url");
  readonly finals = new Map<number, CrowdFinal>();
  readonly ready = new Set<number>();
  readonly #server: FastifyInstance;
  readonly #generators: number;
  readonly #onInterval: (interval: CrowdInterval) => void;
  readonly #waiting: ((order: StartOrder) => void)[] = [];
  #order: StartOrder | undefined;
  #stopAsked = false;
  #live: LiveSource | undefined;
  #metrics: MetricsSource | undefined;
  #closed: Promise<void> | undefined;
  url = "";

  private constructor(generators: number, onInterval: (interval: CrowdInterval) => void) {
    this.#generators = generators;
    this.#onInterval = onInterval;
    this.#server = Fastify({ bodyLimit: bodyLimitBytes, forceCloseConnections: true });
    this.#routes();
  }

  static async start(generators: number, onInterval: (interval: CrowdInterval) => void): Promise<Conductor> {
    const conductor = new Conductor(generators, onInterval);
    conductor.url = await conductor.#server.listen({ host: "127.0.0.1", port: 0 });
    return conductor;
  }

  #routes(): void {
    const expected = Buffer.from(`Bearer ${this.token}`);
    this.#server.addHook("onRequest", async (request, reply) => {
      if (!request.url.startsWith("/v1/")) return;
      const given = Buffer.from(request.headers.authorization ?? "");
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        await reply.code(401).send({ code: "UNAUTHORIZED" });
    });
    this.#server.get("/v1/clock", async () => ({ nowUs: nowUs() }));
    this.#server.post<GeneratorParams>("/v1/generators/:n/ready", (request, reply) => {
      this.ready.add(Number(request.params.n));
      if (this.#order) reply.send(this.#order);
      else this.#waiting.push((order) => reply.send(order));
    });
    this.#server.post<GeneratorParams & { Body: CrowdInterval }>(
      "/v1/generators/:n/intervals",
      async (request): Promise<IntervalReply> => {
        this.#onInterval(request.body);
        return { stop: this.#stopAsked };
      },
    );
    this.#server.post<GeneratorParams & { Body: CrowdFinal }>("/v1/generators/:n/final", async (request) => {
      this.finals.set(Number(request.params.n), request.body);
      return {};
    });
    this.#server.get("/", async (_, reply) =>
      reply.type("text/html").send(this.#live?.page() ?? "not started"),
    );
    this.#server.get("/live.json", async () => this.#live?.data() ?? null);
    this.#server.get("/metrics", async (_, reply) => {
      if (!this.#metrics) return await reply.code(503).type("text/plain").send("not started\n");
      return await reply.type(this.#metrics.contentType).send(await this.#metrics.text());
    });
  }

  get allReady(): boolean {
    return this.ready.size === this.#generators;
  }

  get allFinal(): boolean {
    return this.finals.size === this.#generators;
  }

  /** Answers the barrier: everybody starts at the same instant. */
  release(startAtUs: number): void {
    this.#order = { startAtUs };
    for (const answer of this.#waiting.splice(0)) answer(this.#order);
  }

  /** Tells every generator, with its next interval, to end the crowd now and to write its final record. */
  askToStop(): void {
    this.#stopAsked = true;
  }

  showLive(source: LiveSource): void {
    this.#live = source;
  }

  /** Serves `/metrics`, so that anybody's Prometheus can scrape the run. */
  showMetrics(source: MetricsSource): void {
    this.#metrics = source;
  }

  close(): Promise<void> {
    this.#closed ??= this.#server.close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
