import { MatchdayError } from "../../common/errors.ts";
import type { FeedScript } from "../../common/match-day.ts";
import type { AuditEntry, Decision, PaymentBehaviour, PresaleScript } from "../../common/presale.ts";
import type { PublishedEvent, SpanRecord } from "../../common/records.ts";
import type { Leg, StackHandle, StartedEdge } from "../handle.ts";
import type { StackSecrets } from "../secrets.ts";
import type { Part, Topology } from "../topology.ts";
import { ServiceCalls } from "./service-calls.ts";

export interface ReferenceStackParts {
  design: string;
  topology: Topology;
  secrets: StackSecrets;
  /** Of Toxiproxy's API, with user and password. */
  toxiproxyUrl: string;
  /** Base URL at which this machine reaches a part's port. */
  urlOf(part: string, port: string): string;
  running(part: string): boolean;
}

type Common =
  | "design"
  | "edges"
  | "targets"
  | "legs"
  | "parts"
  | "toxiproxyUrl"
  | "startFeed"
  | "openPresale"
  | "audit"
  | "published"
  | "decisions"
  | "spans";

/** What is the same of the reference stack wherever it runs: its names, and what its services are asked over HTTP. */
export class ReferenceStack implements Pick<StackHandle, Common> {
  readonly design: string;
  readonly edges: StartedEdge[];
  readonly targets: Readonly<Record<string, string[]>>;
  readonly legs: Leg[];
  readonly parts: string[];
  readonly toxiproxyUrl: string;
  readonly secrets: StackSecrets;
  protected readonly services: ServiceCalls;
  readonly #own: ReferenceStackParts;

  constructor(own: ReferenceStackParts) {
    const { topology, urlOf } = own;
    this.#own = own;
    this.services = new ServiceCalls(urlOf, own.secrets.control);
    this.design = own.design;
    this.secrets = own.secrets;
    this.parts = topology.parts.filter(({ kind }) => kind !== "observability").map(({ name }) => name);
    this.legs = topology.legs.map(({ name, from, to }) => ({ name, from, to }));
    this.toxiproxyUrl = own.toxiproxyUrl;
    this.edges = topology.parts
      .filter(({ kind }) => kind === "edge")
      .map(({ name }) => ({ name, url: urlOf(name, "http") }));
    this.targets = {
      edges: this.edges.map(({ url }) => url),
      "box-office": this.#boxOffices.map((name) => urlOf(name, "http")),
    };
  }

  startFeed(script: FeedScript, startAtUs: number): Promise<void> {
    const names = this.edges.map(({ name }) => name);
    return this.services.startFeed(script, startAtUs, names.filter(this.#own.running));
  }

  openPresale(script: PresaleScript, payments: PaymentBehaviour, openAtUs: number): Promise<void> {
    const { running } = this.#own;
    return this.services.openPresale(
      { script, payments, openAtUs },
      {
        edges: this.edges.map(({ name }) => name).filter(running),
        boxOffices: this.#boxOffices.filter(running),
      },
    );
  }

  audit(): AsyncIterable<AuditEntry> {
    return this.services.audit(this.#boxOffices.filter(this.#own.running));
  }

  /** Of a system that publishes nothing there is no ledger. */
  async published(after: number): Promise<PublishedEvent[]> {
    return this.parts.includes("scores") ? this.services.published(after) : [];
  }

  decisions(afterUs: number): Promise<Decision[]> {
    return this.services.decisions(afterUs);
  }

  spans(): Promise<SpanRecord[]> {
    return this.services.spans([...this.metricsUrls.keys()]);
  }

  /** Service → where it tells Prometheus of itself, at `/metrics`. */
  get metricsUrls(): Map<string, string> {
    const { topology, urlOf } = this.#own;
    const services = topology.parts.filter(({ program }) => "service" in program);
    return new Map(services.map(({ name }) => [name, urlOf(name, "metrics")]));
  }

  /** @throws MatchdayError PART_UNKNOWN */
  protected partOf(name: string): Part {
    const part = this.#own.topology.parts.find((candidate) => candidate.name === name);
    if (part) return part;
    throw new MatchdayError("PART_UNKNOWN", `the stack has no part "${name}"`, {
      hint: `its parts are ${this.parts.join(", ")}`,
    });
  }

  get #boxOffices(): string[] {
    return this.#own.topology.parts.flatMap(({ name, program }) =>
      "service" in program && program.service === "box-office" ? [name] : [],
    );
  }
}
