import { createClient } from "redis";
import { messageOf } from "../../common/errors.ts";
import { Backoff } from "./backoff.ts";
import { log } from "./log.ts";
import type { ServiceMetrics } from "./metrics.ts";
import { within } from "./within.ts";

/** One connection, made by `connect()`; it does not come back by itself. */
export function newRedisClient(url: string) {
  return createClient({
    url,
    // RESP3 carries commands and messages over one connection: what is asked tests the very link that messages use.
    RESP: 3,
    // Nothing is queued for a Redis that is away; the link below makes a new client for each connection.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    disableClientInfo: true,
    maintNotifications: "disabled",
    socket: { reconnectStrategy: false, connectTimeout: 1000 },
  });
}

export type RedisClient = ReturnType<typeof newRedisClient>;

interface RedisLinkOptions {
  url: string;
  metrics: ServiceMetrics;
  /** Prepares a fresh connection: subscribes, catches up. The link counts as up when it resolves. */
  prepare?(client: RedisClient): Promise<void>;
  onUp?(): void;
  /** An answer that takes longer ends the connection: half-open ones are found by this. */
  answerWithinMs?: number;
}

/** A connection to Redis that is made anew for as long as it takes. */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #answerWithinMs: number;
  readonly #closing = new AbortController();
  #client: RedisClient | undefined;
  #up = false;
  #drop: ((reason: Error) => void) | undefined;
  #ended: Promise<void> | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#answerWithinMs = options.answerWithinMs ?? 1500;
    options.metrics.gauge("redis_up", "1 while the connection to Redis stands", (gauge) =>
      gauge.set(this.#up ? 1 : 0),
    );
  }

  get up(): boolean {
    return this.#up;
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  /**
   * Asks Redis something.
   * @throws Error when Redis is away, or does not answer in time (then the connection is given up)
   */
  async call<T>(name: string, ask: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (!client) throw new Error("Redis is away");
    return this.#options.metrics.timed("redis", name, async () => {
      const late = `no answer to ${name} within ${this.#answerWithinMs} ms`;
      try {
        return await within(ask(client), this.#answerWithinMs, late);
      } catch (error) {
        if (messageOf(error) === late && this.#client === client) this.#drop?.(error as Error);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#drop?.(new Error("closed"));
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff({ firstMs: 50, mostMs: 250 });
    let saidAway = false;
    while (!signal.aborted) {
      const client = newRedisClient(this.#options.url);
      const lost = new Promise<Error>((resolve) => {
        this.#drop = resolve;
        client.on("error", resolve);
        client.on("end", () => resolve(new Error("the connection ended")));
      });
      const lostFirst = lost.then((reason) => Promise.reject(reason));
      lostFirst.catch(() => {});
      let reason: unknown;
      try {
        await Promise.race([within(client.connect(), 1000, "no handshake within 1000 ms"), lostFirst]);
        this.#client = client;
        if (this.#options.prepare) await Promise.race([this.#options.prepare(client), lostFirst]);
        this.#up = true;
        this.#options.onUp?.();
        backoff.reset();
        saidAway = false;
        log("redis up");
        reason = await lost;
      } catch (error) {
        reason = error;
        this.#options.metrics.callErrors.inc({ dependency: "redis", call: "connect" });
      }
      this.#up = false;
      this.#client = undefined;
      client.destroy();
      if (signal.aborted) return;
      if (!saidAway) log("redis away", { reason: messageOf(reason) });
      saidAway = true;
      await backoff.wait(signal);
    }
  }
}
