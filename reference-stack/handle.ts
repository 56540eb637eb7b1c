import type { TracePlan } from "../common/match-day.ts";
import type { AuditEntry, Decision } from "../common/presale.ts";
import type { PartFigures, PublishedEvent, SpanRecord } from "../common/records.ts";
import type { PlannedSystem } from "../common/systems.ts";

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

/** What an instant of a run is for a stack. */
export interface Opening {
  /** Of the run's clock. */
  startAtUs: number;
  /** Which of its flows are traced; nothing is when absent. */
  trace?: TracePlan;
}

/** What faults act on: parts that end and come back, legs that break. */
export interface StackControl {
  /** Names of all parts that are under test; those that watch are not among them. */
  readonly parts: string[];
  readonly legs: Leg[];
  /** Toxiproxy's API. */
  readonly toxiproxyUrl: string;
  /** kill -9; on purpose: not told to `onPartDown`. */
  kill(part: string): Promise<void>;
  /** Starts a part that was killed, on its old address; resolves when it is ready. */
  restart(part: string): Promise<void>;
  pause(part: string): Promise<void>;
  unpause(part: string): Promise<void>;
  /** Figures of every part now; a part that does not answer within a second is `up: false`. Never rejects. */
  figures(): Promise<Omit<PartFigures, "atMs">[]>;
}

/** What was published, by whoever publishes it. */
export interface StackLedger {
  /** Without the first `after` entries. */
  published(after: number): Promise<PublishedEvent[]>;
}

/** What a system notes while it runs, for the journal. */
export interface StackNotes {
  /** What admission has decided since an instant. */
  decisions(afterUs: number): Promise<Decision[]>;
}

/** What a system's databases hold in the end. */
export interface StackBooks {
  /** Waits until nothing is under way any more, then reads them all. */
  audit(): AsyncIterable<AuditEntry>;
}

/**
 * A stack that stands: what the conductor, the crowd and the faults may know of it, whichever provider made it. What it cannot do
 * or tell it does not have: somebody's own system has the core alone.
 */
export interface StackHandle extends AsyncDisposable {
  readonly provider: "local" | "containers" | "target";
  /** Where the crowd's streams are. */
  readonly edges: StartedEdge[];
  /** Base URLs by the name that journeys use: `edges`, `box-office`. */
  readonly targets: Readonly<Record<string, string[]>>;
  /** Empty where nothing watches. */
  readonly consoles: StackConsole[];
  /** Base URL of an OTLP/HTTP receiver that takes the crowd's spans too (`POST <url>/v1/traces`). */
  readonly otlpUrl?: string;
  readonly control?: StackControl;
  readonly ledger?: StackLedger;
  readonly notes?: StackNotes;
  readonly books?: StackBooks;
  /** Tells a system what it is to do, on the run's clock. */
  open(system: PlannedSystem, opening: Opening): Promise<void>;
  /** Figures of every part now; a part that does not answer within a second is `up: false`. Never rejects. */
  figures(): Promise<Omit<PartFigures, "atMs">[]>;
  /**
   * Hands Prometheus, in its text format, what the harness measures. Where nothing watches it is not even asked for. Rejects
   * only when `exposition` does.
   */
  showMetrics(exposition: () => Promise<string>): Promise<void>;
  /** Spans that have ended in any service since the last call, each once. Never rejects. */
  spans(): Promise<SpanRecord[]>;
  /** Called when a part ends that nobody killed; the string says how it ended. */
  onPartDown(listener: (part: string, how: string) => void): void;
  stop(): Promise<void>;
}
