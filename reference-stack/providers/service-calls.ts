import { MatchdayError, messageOf } from "../../common/errors.ts";
import type { FeedScript } from "../../common/match-day.ts";
import type { AuditEntry, Decision, PaymentBehaviour, PresaleScript } from "../../common/presale.ts";
import type { PartFigures, PublishedEvent, SpanRecord } from "../../common/records.ts";
import { serviceSpans } from "./service-spans.ts";
import { untilEdgesKnow, untilOnSale } from "./until-known.ts";

const figuresWithinMs = 1000;
const ledgerPage = 10_000;
/** Every part hears of a match or a sale through Redis, within a second. */
const knownWithinMs = 5000;
/** Sagas that wait for a slow payment are driven on before the books are read. */
const quiesceWithinMs = 20_000;
const auditWithinMs = 60_000;

const seeLogs = "see the logs of the parts in the run folder, and run again";

/** What every provider asks of the services over HTTP, wherever they run. */
export class ServiceCalls {
  readonly #urlOf: (part: string, port: "http" | "metrics") => string;
  readonly #authorization: string;
  #onSale: string | undefined;
  #feed: { script: FeedScript; startAtUs: number } | undefined;

  /** @param token the stack's, for orders */
  constructor(urlOf: (part: string, port: "http" | "metrics") => string, token: string) {
    this.#urlOf = urlOf;
    this.#authorization = `Bearer ${token}`;
  }

  /** @param edges those that run: all of them know the feed's streams before it speaks */
  async startFeed(script: FeedScript, startAtUs: number, edges: string[]): Promise<void> {
    const streams = [...new Set([...script.items, ...script.odds].map(({ stream }) => stream))];
    if (streams.length > 0) {
      await this.#post("scores", "/v1/streams", { streams });
      await untilEdgesKnow(
        edges.map((edge) => this.#urlOf(edge, "http")),
        streams,
        knownWithinMs,
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
      const response = await this.#get(url, 5000);
      if (!response.ok)
        throw new MatchdayError("LEDGER_UNREADABLE", `${url} answered ${response.status}`, { hint: seeLogs });
      const page = (await response.json()) as PublishedEvent[];
      entries.push(...page);
      if (page.length < ledgerPage) return entries;
    }
  }

  /** @param where parts that run: all of them know the presale before its doors open */
  async openPresale(
    { script, payments, openAtUs }: { script: PresaleScript; payments: PaymentBehaviour; openAtUs: number },
    where: { edges: string[]; boxOffices: string[] },
  ): Promise<void> {
    await this.#send("PUT", "payments", "/v1/behaviour", payments);
    await this.#post("admission", "/v1/presales", { ...script, openAtUs });
    this.#onSale = script.event;
    const urls = (parts: string[]) => parts.map((part) => this.#urlOf(part, "http"));
    await untilOnSale(
      script.event,
      { edges: urls(where.edges), boxOffices: urls(where.boxOffices) },
      knownWithinMs,
    );
  }

  /** Of the presale that was opened last. */
  async decisions(afterUs: number): Promise<Decision[]> {
    if (this.#onSale === undefined) return [];
    const url = `${this.#urlOf("admission", "http")}/v1/presales/${this.#onSale}/decisions?afterUs=${afterUs}`;
    const response = await this.#get(url, figuresWithinMs);
    if (!response.ok)
      throw new MatchdayError("DECISIONS_UNREADABLE", `${url} answered ${response.status}`, {
        hint: seeLogs,
      });
    return (await response.json()) as Decision[];
  }

  /**
   * Waits until no sale is under way, then reads what the waiting room, the seats, the bookings and the payments hold.
   * @param boxOffices those that run; the first of them reads the bookings of all
   */
  async *audit(boxOffices: string[]): AsyncGenerator<AuditEntry> {
    await this.#post("admission", "/v1/quiesce", {});
    await Promise.all(
      boxOffices.map((part) =>
        this.#send(
          "POST",
          part,
          "/v1/quiesce",
          { withinMs: quiesceWithinMs },
          {
            port: "metrics",
            withinMs: quiesceWithinMs + 5000,
          },
        ),
      ),
    );
    yield* this.#books("admission", "http");
    for (const part of boxOffices.slice(0, 1)) yield* this.#books(part, "metrics");
    yield* this.#books("payments", "http");
  }

  async *#books(part: string, port: "http" | "metrics"): AsyncGenerator<AuditEntry> {
    const url = `${this.#urlOf(part, port)}/v1/audit`;
    const response = await this.#get(url, auditWithinMs);
    if (!response.ok || !response.body) {
      throw new MatchdayError("AUDIT_UNREADABLE", `${url} answered ${response.status}`, { hint: seeLogs });
    }
    let rest = "";
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line !== "") yield JSON.parse(line);
    }
    if (rest.trim() !== "")
      throw new MatchdayError("AUDIT_UNREADABLE", `${url} broke off`, { hint: seeLogs });
  }

  /** What a service says of itself; rejects when it does not answer within a second. */
  async figures(part: string): Promise<Partial<PartFigures>> {
    const url = `${this.#urlOf(part, "metrics")}/figures`;
    const response = await this.#get(url, figuresWithinMs);
    return (await response.json()) as Partial<PartFigures>;
  }

  /** Takes what has ended from every service, page after page; see `serviceSpans`. */
  spans(parts: string[]): Promise<SpanRecord[]> {
    const urls = parts.map((part) => this.#urlOf(part, "metrics"));
    return serviceSpans(urls, this.#authorization);
  }

  #get(url: string, withinMs: number): Promise<Response> {
    const headers = { authorization: this.#authorization };
    return fetch(url, { headers, signal: AbortSignal.timeout(withinMs) });
  }

  #post(part: string, path: string, body: unknown): Promise<void> {
    return this.#send("POST", part, path, body);
  }

  async #send(
    method: "POST" | "PUT",
    part: string,
    path: string,
    body: unknown,
    { port = "http", withinMs = 5000 }: { port?: "http" | "metrics"; withinMs?: number } = {},
  ): Promise<void> {
    const url = `${this.#urlOf(part, port)}${path}`;
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: { "content-type": "application/json", authorization: this.#authorization },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(withinMs),
      });
    } catch (error) {
      throw new MatchdayError("PART_DOES_NOT_ANSWER", `${part}: ${method} ${url}: ${messageOf(error)}`, {
        hint: seeLogs,
        cause: error,
      });
    }
    if (!response.ok) {
      throw new MatchdayError(
        "PART_REFUSED",
        `${part}: ${method} ${url}: ${response.status} ${await response.text()}`,
        { hint: seeLogs },
      );
    }
  }
}
