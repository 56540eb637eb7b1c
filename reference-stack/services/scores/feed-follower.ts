import { messageOf } from "../../../common/errors.ts";
import { Backoff } from "../../service-kit/backoff.ts";
import { log } from "../../service-kit/log.ts";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";

interface FollowerOptions {
  url: string;
  /** Who it is that follows. */
  token: string;
  /** The number of the last message that is safe here. */
  cursor(): number;
  /** Takes one line; `false` follows the feed anew from the cursor. */
  take(line: string): Promise<boolean>;
  metrics: ServiceMetrics;
  /** The vendor sends a blank line every 2 s: silence for longer is a dead link. */
  silenceMs?: number;
}

/** Follows the vendor's feed for as long as it takes, from the cursor each time. */
export class FeedFollower {
  readonly #options: FollowerOptions;
  readonly #closing = new AbortController();
  #ended: Promise<void> | undefined;
  up = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    options.metrics.gauge("feed_up", "1 while the vendor's feed is open", (gauge) =>
      gauge.set(this.up ? 1 : 0),
    );
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff({ firstMs: 50, mostMs: 500 });
    let saidAway = false;
    while (!signal.aborted) {
      let reason = "the vendor ended it";
      try {
        await this.#follow(() => {
          if (saidAway) log("feed up", { after: this.#options.cursor() });
          saidAway = false;
          backoff.reset();
        });
      } catch (error) {
        reason = messageOf(error);
        this.#options.metrics.callErrors.inc({ dependency: "vendor", call: "feed" });
      }
      this.up = false;
      if (signal.aborted) return;
      if (!saidAway) log("feed away", { reason });
      saidAway = true;
      await backoff.wait(signal);
    }
  }

  async #follow(opened: () => void): Promise<void> {
    const { url, token, cursor, take, silenceMs = 5000 } = this.#options;
    const silence = new AbortController();
    const watchdog = setTimeout(
      () => silence.abort(new Error(`nothing came for ${silenceMs} ms`)),
      silenceMs,
    );
    try {
      const response = await fetch(`${url}/feed?after=${cursor()}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.any([this.#closing.signal, silence.signal]),
      });
      if (response.status !== 200 || !response.body)
        throw new Error(`the vendor answered ${response.status}`);
      this.up = true;
      opened();
      let rest = "";
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        watchdog.refresh();
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          if (line !== "" && !(await take(line))) return;
          // A full queue may have held us up for long: that was not the vendor's silence.
          watchdog.refresh();
        }
      }
    } finally {
      clearTimeout(watchdog);
      silence.abort(new Error("followed no longer"));
    }
  }
}
