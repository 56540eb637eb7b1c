import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ZodError } from "zod";
import { nowUs } from "../common/clock.ts";
import { bearerIs, controlServer, newToken } from "../common/control-server.ts";
import { MatchdayError } from "../common/errors.ts";
import type { CrowdFinal, CrowdInterval } from "../common/records.ts";
import type { IntervalReply, StartOrder } from "../crowd/contract.ts";
import { parseFinal, parseInterval } from "./generator-messages.ts";

/** Histograms of a second, of all measures, classes and phases; far above what one interval needs. */
const bodyLimitBytes = 32 * 1024 * 1024;

interface GeneratorParams {
  Params: { n: string };
}

interface LiveQuery {
  Querystring: { token?: string };
}

/** What the live page and its data are made from. */
export interface LiveSource {
  /** @param dataUrl where the page finds its next state */
  page(dataUrl: string): string;
  data(): unknown;
}

/** What Prometheus is told, in its text format. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface Crowd {
  generators: number;
  durationMs: number;
}

/**
 * The control server that generators report to: a barrier before the start, one interval a second, one final record.
 * It listens on loopback. Each generator has a token of its own, and speaks for itself alone; the live page is opened by a
 * link with a token; `/metrics` is for whoever scrapes on this machine.
 */
export class Conductor implements AsyncDisposable {
  readonly finals = new Map<number, CrowdFinal>();
  readonly ready = new Set<number>();
  readonly #server: FastifyInstance;
  readonly #crowd: Crowd;
  readonly #tokens: string[];
  readonly #liveToken = newToken();
  readonly #onInterval: (interval: CrowdInterval) => void;
  readonly #waiting: ((order: StartOrder) => void)[] = [];
  #order: StartOrder | undefined;
  #stopAsked = false;
  #live: LiveSource | undefined;
  #metrics: MetricsSource | undefined;
  #closed: Promise<void> | undefined;
  url = "";

  private constructor(crowd: Crowd, onInterval: (interval: CrowdInterval) => void) {
    this.#crowd = crowd;
    this.#tokens = Array.from({ length: crowd.generators }, newToken);
    this.#onInterval = onInterval;
    this.#server = controlServer({}, { bodyLimit: bodyLimitBytes });
    this.#server.setErrorHandler(refuse);
    this.#server.register(async (scope) => this.#generatorRoutes(scope));
    this.#server.register(async (scope) => this.#liveRoutes(scope));
    this.#server.get("/metrics", async (_, reply) => {
      if (!this.#metrics) return await reply.code(503).type("text/plain").send("not started\n");
      return await reply.type(this.#metrics.contentType).send(await this.#metrics.text());
    });
  }

  static async start(crowd: Crowd, onInterval: (interval: CrowdInterval) => void): Promise<Conductor> {
    const conductor = new Conductor(crowd, onInterval);
    conductor.url = await conductor.#server.listen({ host: "127.0.0.1", port: 0 });
    return conductor;
  }

  /** What generator `n` authorises itself with. */
  tokenOf(n: number): string {
    return this.#tokens[n]!;
  }

  /** The live page, for whoever was given this link. */
  get liveUrl(): string {
    return `${this.url}/?token=${this.#liveToken}`;
  }

  #generatorRoutes(scope: FastifyInstance): void {
    const speaks = this.#tokens.map(bearerIs);
    scope.addHook("onRequest", async (request, reply) => {
      const { n } = request.params as { n?: string };
      const { authorization } = request.headers;
      // The clock is anybody's who has a token; the rest of it is the generator's own.
      const known =
        n === undefined
          ? speaks.some((right) => right(authorization))
          : speaks.some((right, index) => String(index) === n && right(authorization));
      if (known) return undefined;
      return await reply.code(401).send({ code: "UNAUTHORIZED", fact: "this needs a generator's token" });
    });
    scope.get("/v1/clock", async () => ({ nowUs: nowUs() }));
    scope.post<GeneratorParams>("/v1/generators/:n/ready", (request, reply) => {
      this.ready.add(Number(request.params.n));
      if (this.#order) reply.send(this.#order);
      else this.#waiting.push((order) => reply.send(order));
    });
    scope.post<GeneratorParams>("/v1/generators/:n/intervals", async (request): Promise<IntervalReply> => {
      const generator = Number(request.params.n);
      const interval = parseInterval(request.body, { generator, durationMs: this.#crowd.durationMs });
      // What has said its last says nothing more.
      if (!this.finals.has(generator)) this.#onInterval(interval);
      return { stop: this.#stopAsked };
    });
    scope.post<GeneratorParams>("/v1/generators/:n/final", async (request) => {
      const generator = Number(request.params.n);
      this.finals.set(generator, parseFinal(request.body, { generator }));
      return {};
    });
  }

  #liveRoutes(scope: FastifyInstance): void {
    const right = bearerIs(this.#liveToken);
    scope.addHook<LiveQuery>("onRequest", async ({ query }, reply) => {
      if (right(`Bearer ${query.token}`)) return undefined;
      return await reply
        .code(401)
        .send({ code: "UNAUTHORIZED", fact: "open the link that the run has printed" });
    });
    const dataUrl = `/live.json?token=${this.#liveToken}`;
    scope.get<LiveQuery>("/", async (_, reply) =>
      reply
        .type("text/html")
        .header("referrer-policy", "no-referrer")
        .header("cache-control", "no-store")
        .send(this.#live?.page(dataUrl) ?? "not started"),
    );
    scope.get<LiveQuery>("/live.json", async () => this.#live?.data() ?? null);
  }

  get allReady(): boolean {
    return this.ready.size === this.#crowd.generators;
  }

  get allFinal(): boolean {
    return this.finals.size === this.#crowd.generators;
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

/** A request that makes no sense is its sender's fault, and is told which of it. */
function refuse(error: unknown, _: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof ZodError) {
    const { path, message } = error.issues[0]!;
    return reply.code(400).send({ code: "MESSAGE_INVALID", fact: `${path.join(".")}: ${message}` });
  }
  if (error instanceof MatchdayError) return reply.code(400).send({ code: error.code, fact: error.message });
  const { statusCode = 500, message } = error as { statusCode?: number; message: string };
  return reply
    .code(statusCode)
    .send({ code: statusCode < 500 ? "REQUEST_INVALID" : "FAILED", fact: message });
}
