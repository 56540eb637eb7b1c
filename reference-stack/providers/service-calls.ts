import { MatchdayError, messageOf } from "../../common/errors.ts";
import type { FeedScript } from "../../common/match-day.ts";
import type { PartFigures, PublishedEvent } from "../../common/records.ts";
import { untilEdgesKnow } from "./until-edges-know.ts";

const figuresWithinMs = 1000;
const ledgerPage = 10_000;

/** What every provider asks of the services over HTTP, wherever they run. */
export class ServiceCalls {
  readonly #urlOf: (part: string, port: "http" | "metrics") => string;
  #feed: { script: FeedScript; startAtUs: number } | undefined;

  constructor(urlOf: (part: string, port: "http" | "metrics") => string) {
    this.#urlOf = urlOf;
  }

  /** @param edges those that run: all of them know the feed's streams before it speaks */
  async startFeed(script: FeedScript, startAtUs: number, edges: string[]): Promise<void> {
    const streams = [...new Set([...script.items, ...script.odds].map(({ stream }) => stream))];
    if (streams.length > 0) {
      await this.#post("scores", "/v1/streams", { streams });
      await untilEdgesKnow(
        edges.map((edge) => this.#urlOf(edge, "http")),
        streams,
        5000,
      );
    }
    await this.#post("vendor", "/v1/feed", { script, startAtUs });
    this.#feed = { script, startAtUs };
  }

  /** Hands a vendor that was started again the script that it had. */
  async resumeFeed(): Promise<void> {
    if (this.#feed) await this.#post("vendor", "/v1/feed", this.#feed);
  }

  /** A vendor that is started from now on has nothing to say. */
  forgetFeed(): void {
    this.#feed = undefined;
  }

  async published(after: number): Promise<PublishedEvent[]> {
    const entries: PublishedEvent[] = [];
    for (;;) {
      const url = `${this.#urlOf("scores", "http")}/v1/ledger?after=${after + entries.length}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
      if (!response.ok) throw new MatchdayError("LEDGER_UNREADABLE", `${url} answered ${response.status}`);
      const page = (await response.json()) as PublishedEvent[];
      entries.push(...page);
      if (page.length < ledgerPage) return entries;
    }
  }

  /** What a service says of itself; rejects when it does not answer within a second. */
  async figures(part: string): Promise<Partial<PartFigures>> {
    const url = `${this.#urlOf(part, "metrics")}/figures`;
    const response = await fetch(url, { signal: AbortSignal.timeout(figuresWithinMs) });
    return (await response.json()) as Partial<PartFigures>;
  }

  async #post(part: string, path: string, body: unknown): Promise<void> {
    const url = `${this.#urlOf(part, "http")}${path}`;
    let response: Response;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5000),
      });
    } catch (error) {
      throw new MatchdayError("PART_DOES_NOT_ANSWER", `${part}: POST ${url}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    if (!response.ok) {
      throw new MatchdayError(
        "PART_REFUSED",
        `${part}: POST ${url}: ${response.status} ${await response.text()}`,
      );
    }
  }
}
