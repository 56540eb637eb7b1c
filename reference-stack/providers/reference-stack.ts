import { MatchdayError } from "../../common/errors.ts";
import type { SpanRecord } from "../../common/records.ts";
import type { PlannedSystem } from "../../common/systems.ts";
import type {
  Leg,
  Opening,
  StackBooks,
  StackControl,
  StackHandle,
  StackLedger,
  StackNotes,
  StartedEdge,
} from "../handle.ts";
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

type Common = "edges" | "targets" | "ledger" | "notes" | "books" | "open" | "spans";

/** What is the same of the reference stack wherever it runs: its names, and what its services are asked over HTTP. */
export class ReferenceStack
  implements Pick<StackHandle, Common>, Pick<StackControl, "legs" | "parts" | "toxiproxyUrl">
{
  readonly design: string;
  readonly edges: StartedEdge[];
  readonly targets: Readonly<Record<string, string[]>>;
  readonly legs: Leg[];
  readonly parts: string[];
  readonly toxiproxyUrl: string;
  readonly secrets: StackSecrets;
  readonly ledger?: StackLedger;
  readonly notes?: StackNotes;
  readonly books?: StackBooks;
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
    if (this.parts.includes("scores")) {
      this.ledger = { published: (after) => this.services.published(after) };
    }
    if (this.#boxOffices.length > 0) {
      this.notes = { decisions: (afterUs) => this.services.decisions(afterUs) };
      this.books = { audit: () => this.services.audit(this.#boxOffices.filter(own.running)) };
    }
  }

  async open({ id, script }: PlannedSystem, { startAtUs, trace }: Opening): Promise<void> {
    const { running } = this.#own;
    const edges = this.edges.map(({ name }) => name).filter(running);
    if (id === "live-scores") {
      await this.services.startFeed({ ...script, ...(trace ? { trace } : {}) }, startAtUs, edges);
      return;
    }
    const boxOffices = this.#boxOffices.filter(running);
    const { presale, payments } = script;
    await this.services.openPresale(
      { script: presale, payments, openAtUs: startAtUs },
      { edges, boxOffices },
    );
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
