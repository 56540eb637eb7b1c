import type { FeedScript } from "../common/match-day.ts";
import type { AuditEntry, Decision, PaymentBehaviour, PresaleScript } from "../common/presale.ts";
import type { PartFigures, PublishedEvent, SpanRecord } from "../common/records.ts";

/** A TCP connection between two parts that runs through a Toxiproxy proxy of the same name: `edge-1.redis`. */
export interface Leg {
  name: string;
  from: string;
  to: string;
}

export interface StartedEdge {
  name: string;
  /** Base URL that clients use. */
  url: string;
}

/** A page where a person watches the stack. */
export interface StackConsole {
  name: "grafana" | "prometheus" | "jaeger";
  /** For people: `Grafana, dashboard "Match day"`. */
  title: string;
  /** Opens in a browser on this machine. */
  url: string;
}

/** A stack that stands: what the conductor, the crowd and the faults may know of it, whichever provider made it. */
export interface StackHandle extends AsyncDisposable {
  readonly provider: "local" | "containers" | "target";
  readonly design: string;
  readonly edges: StartedEdge[];
  /** Base URLs by the name that journeys use: `edges`, `box-office`. */
  readonly targets: Readonly<Record<string, string[]>>;
  readonly legs: Leg[];
  /** Toxiproxy's API. */
  readonly toxiproxyUrl: string;
  /** Names of all parts that are under test; those that watch are not among them. */
  readonly parts: string[];
  /** Empty where nothing watches. */
  readonly consoles: StackConsole[];
  /** Base URL of an OTLP/HTTP receiver that takes the crowd's spans too (`POST <url>/v1/traces`). */
  readonly otlpUrl?: string;
  /** Hands the vendor its script; it speaks on the run's clock. */
  startFeed(script: FeedScript, startAtUs: number): Promise<void>;
  /** Puts a presale on sale, with the payments that it will meet; its doors open at an instant of the run's clock. */
  openPresale(script: PresaleScript, payments: PaymentBehaviour, openAtUs: number): Promise<void>;
  /** Waits until nothing is under way any more, then reads all books; nothing where nothing was on sale. */
  audit(): AsyncIterable<AuditEntry>;
  /** The ledger after the first `after` entries. */
  published(after: number): Promise<PublishedEvent[]>;
  /** What admission has decided since an instant; nothing where nothing was on sale. */
  decisions(afterUs: number): Promise<Decision[]>;
  /** Figures of every part now; a part that does not answer within a second is `up: false`. Never rejects. */
  figures(): Promise<Omit<PartFigures, "atMs">[]>;
  /**
   * Hands Prometheus, in its text format, what the harness measures. Where nothing watches it is not even asked for. Rejects
   * only when `exposition` does.
   */
  showMetrics(exposition: () => Promise<string>): Promise<void>;
  /** Spans that have ended in any service since the last call, each once. Never rejects. */
  spans(): Promise<SpanRecord[]>;
  /** kill -9; on purpose: not told to `onPartDown`. */
  kill(part: string): Promise<void>;
  /** Starts a part that was killed, on its old address; resolves when it is ready. */
  restart(part: string): Promise<void>;
  pause(part: string): Promise<void>;
  unpause(part: string): Promise<void>;
  /** Called when a part ends that nobody killed; the string says how it ended. */
  onPartDown(listener: (part: string, how: string) => void): void;
  stop(): Promise<void>;
}
