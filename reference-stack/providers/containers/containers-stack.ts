import { ExitCode, MatchdayError, messageOf } from "../../../common/errors.ts";
import type { FeedScript } from "../../../common/match-day.ts";
import type { AuditEntry, PaymentBehaviour, PresaleScript } from "../../../common/presale.ts";
import type { PartFigures, PublishedEvent, SpanRecord } from "../../../common/records.ts";
import { until } from "../../../common/until.ts";
import type { Leg, StackConsole, StackHandle, StartedEdge } from "../../handle.ts";
import type { Endpoint, Part, Topology } from "../../topology.ts";
import { ToxiproxyApi } from "../../toxiproxy.ts";
import { isReady } from "../readiness.ts";
import { ServiceCalls } from "../service-calls.ts";
import { serviceSpans } from "../service-spans.ts";
import { ContainerFigures } from "./container-figures.ts";
import { type Engine, engineWord } from "./engine.ts";
import type { Fleet } from "./fleet.ts";
import { saveLogs } from "./logs.ts";
import type { PartContainer } from "./part-container.ts";
import { removeStack } from "./remove-stack.ts";
import { emptyPostgres, emptyRedis } from "./reset.ts";

export interface ContainersStackParts {
  id: string;
  design: string;
  topology: Topology;
  engine: Engine;
  fleet: Fleet;
  /** Where this machine reaches a part's port. */
  addressOf(part: string, port: string): Endpoint;
  startupTimeoutMs: number;
  /** Where logs go in the end; nowhere when undefined. */
  logs: string | undefined;
  /** A stack that stands: `stop` leaves it standing, and calls this. */
  detach?(): Promise<void>;
}

const answerWithinMs = 1000;
/** An edge drains for a second (`DRAIN_MS`), a service says its last spans. */
const graceS = 3;

/** The reference stack as containers of one engine. */
export class ContainersStack implements StackHandle {
  readonly provider = "containers";
  readonly id: string;
  readonly design: string;
  readonly edges: StartedEdge[];
  readonly targets: Readonly<Record<string, string[]>>;
  readonly legs: Leg[];
  readonly parts: string[];
  readonly consoles: StackConsole[];
  readonly toxiproxyUrl: string;
  readonly otlpUrl: string;
  readonly #own: ContainersStackParts;
  readonly #beganAtS = Math.floor(Date.now() / 1000);
  readonly #figures: ContainerFigures;
  readonly #services = new ServiceCalls((part, port) => this.#urlOf(part, port));
  #stopped: Promise<void> | undefined;

  constructor(own: ContainersStackParts) {
    const { parts, legs } = own.topology;
    this.#own = own;
    this.#figures = new ContainerFigures(own.engine);
    this.id = own.id;
    this.design = own.design;
    this.parts = parts.filter(({ kind }) => kind !== "observability").map(({ name }) => name);
    this.legs = legs.map(({ name, from, to }) => ({ name, from, to }));
    this.edges = parts
      .filter(({ kind }) => kind === "edge")
      .map(({ name }) => ({ name, url: this.#urlOf(name, "http") }));
    this.targets = {
      edges: this.edges.map(({ url }) => url),
      "box-office": this.#boxOffices.map((name) => this.#urlOf(name, "http")),
    };
    this.toxiproxyUrl = this.#urlOf("toxiproxy", "api");
    this.otlpUrl = this.#urlOf("jaeger", "otlp");
    this.consoles = consolesOf((part, port) => this.#urlOf(part, port));
  }

  /** Launches a part's container, and resolves when it is ready. */
  async start(name: string, container: (onCreated: (id: string) => void) => PartContainer): Promise<void> {
    await this.#untilReady(name, this.#own.fleet.launch(name, container));
  }

  async restart(name: string): Promise<void> {
    this.#partOf(name);
    if (this.#own.fleet.running(name)) return;
    await this.#untilReady(name, this.#own.fleet.relaunch(name));
    if (name === "vendor") await this.#services.resumeFeed();
  }

  startFeed(script: FeedScript, startAtUs: number): Promise<void> {
    const edges = this.edges.map(({ name }) => name);
    return this.#services.startFeed(
      script,
      startAtUs,
      edges.filter((name) => this.#own.fleet.running(name)),
    );
  }

  openPresale(script: PresaleScript, payments: PaymentBehaviour, openAtUs: number): Promise<void> {
    return this.#services.openPresale(script, payments, openAtUs);
  }

  audit(): AsyncIterable<AuditEntry> {
    return this.#services.audit(this.#boxOffices.filter((name) => this.#own.fleet.running(name)));
  }

  /** Of a system that publishes nothing there is no ledger. */
  async published(after: number): Promise<PublishedEvent[]> {
    return this.parts.includes("scores") ? this.#services.published(after) : [];
  }

  get #boxOffices(): string[] {
    const { parts } = this.#own.topology;
    return parts.flatMap(({ name, program }) =>
      "service" in program && program.service === "box-office" ? [name] : [],
    );
  }

  figures(): Promise<Omit<PartFigures, "atMs">[]> {
    return Promise.all(this.#own.topology.parts.map((part) => this.#figuresOf(part)));
  }

  async showMetrics(exposition: string): Promise<void> {
    await fetch(`${this.#urlOf("observer", "http")}/v1/exposition`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: exposition,
      signal: AbortSignal.timeout(answerWithinMs),
    }).then(
      (answer) => answer.arrayBuffer(),
      // What watches may be away: the rehearsal goes on.
      () => {},
    );
  }

  spans(): Promise<SpanRecord[]> {
    const services = this.#own.topology.parts.filter(({ program }) => "service" in program);
    return serviceSpans(services.map(({ name }) => this.#urlOf(name, "metrics")));
  }

  async kill(name: string): Promise<void> {
    this.#partOf(name);
    await this.#own.fleet.kill(name);
  }

  async pause(name: string): Promise<void> {
    this.#partOf(name);
    await this.#own.fleet.pause(name);
  }

  async unpause(name: string): Promise<void> {
    await this.#own.fleet.unpause(name);
  }

  /** Called with `engine` too, when the engine itself does not answer any more. */
  onPartDown(listener: (part: string, how: string) => void): void {
    this.#own.fleet.onPartDown(listener);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#own.detach ? this.#leave(this.#own.detach) : this.#shutDown();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Edges first, then what feeds them: their clients see an end, their spans are said. The rest holds nothing to keep. */
  async #shutDown(): Promise<void> {
    const { fleet, topology } = this.#own;
    fleet.expectEnds();
    try {
      for (const kind of ["edge", "service"] as const) {
        const members = topology.parts.filter((part) => part.kind === kind);
        await Promise.all(members.map(({ name }) => fleet.end(name, graceS)));
      }
      await this.saveLogs();
    } finally {
      await this.remove();
    }
  }

  /** Removes all of it at once, as it is. */
  async remove(): Promise<void> {
    const { fleet, engine, id } = this.#own;
    fleet.expectEnds();
    const lost = fleet.gone;
    this.#figures.close();
    fleet.close();
    try {
      await removeStack(engine, id);
      await fleet.settled();
      // What was being created when the others were removed.
      await removeStack(engine, id);
    } catch (error) {
      // That it is gone has been told already; what it still has is removed at the next start.
      if (!lost) throw error;
    }
  }

  async #leave(detach: () => Promise<void>): Promise<void> {
    this.#figures.close();
    this.#own.fleet.close();
    try {
      await this.saveLogs();
    } finally {
      await detach();
    }
  }

  /**
   * Makes a stack that has been used like a new one: whatever ended runs and nothing is paused, no leg has a toxic, the
   * stores are empty, services and edges have just started. Prometheus and Jaeger keep what they have seen.
   */
  async reset(): Promise<void> {
    const { fleet, topology, addressOf } = this.#own;
    const withState = topology.parts.filter(({ kind }) => kind === "service" || kind === "edge");
    const others = topology.parts.filter((part) => !withState.includes(part));
    await Promise.all([
      ...topology.parts.map(({ name }) => fleet.unpause(name)),
      ...withState.map(async ({ name }) => {
        if (fleet.running(name)) await fleet.kill(name);
      }),
      ...others.map(({ name }) => this.restart(name)),
    ]);
    await Promise.all([
      new ToxiproxyApi(this.toxiproxyUrl).reset(),
      emptyRedis(addressOf("redis", "redis")),
      emptyPostgres(addressOf("postgres", "postgres")),
      this.showMetrics(""),
    ]);
    this.#services.forgetFeed();
    await Promise.all(withState.map(({ name }) => this.restart(name)));
  }

  async saveLogs(): Promise<void> {
    const { engine, fleet, logs } = this.#own;
    if (logs && !fleet.gone) await saveLogs(engine, logs, fleet.containers(), this.#beganAtS);
  }

  async #untilReady(name: string, launched: Promise<void>): Promise<void> {
    const { fleet, startupTimeoutMs } = this.#own;
    const { ready, ports } = this.#partOf(name);
    const at = this.#own.addressOf(name, ready.port in ports ? ready.port : Object.keys(ports)[0]!);
    let launch: { error?: unknown } | undefined;
    launched.then(
      () => {
        launch = {};
      },
      (error) => {
        launch = { error };
      },
    );
    await until(
      async () => {
        if (fleet.gone) throw fleet.gone;
        if (launch?.error) throw launchFailed(name, launch.error);
        const container = fleet.containerOf(name);
        if (container && !container.running) throw await this.#failed(name, container.how);
        return launch && isReady(ready, at);
      },
      {
        withinMs: startupTimeoutMs,
        code: "PART_NOT_READY",
        orElse: `${name} is not ready within ${startupTimeoutMs} ms: ${ready.probe} on port ${at.port}`,
        hint: this.#logHint(name),
      },
    );
  }

  async #failed(name: string, how = "ended"): Promise<MatchdayError> {
    const words = await this.#own.fleet.lastWords(name, 20);
    return new MatchdayError(
      "PART_NOT_READY",
      `${name} ${how} while it was starting: ${words || "its log is empty"}`,
      { hint: this.#logHint(name) },
    );
  }

  #logHint(name: string): string {
    const { logs } = this.#own;
    return logs ? `its log is ${logs}/${name}.log` : `see matchday stack logs ${name}`;
  }

  async #figuresOf({ name, kind, program, ready }: Part): Promise<Omit<PartFigures, "atMs">> {
    const { fleet } = this.#own;
    const base = { part: name, kind };
    if (!fleet.running(name)) return { ...base, up: false };
    const [process, answer] = await Promise.allSettled([
      fleet.pidOf(name).then((pid) => this.#figures.of(fleet.containerOf(name)!.id, pid)),
      "service" in program && kind !== "observability"
        ? this.#services.figures(name)
        : isReady(ready, this.#own.addressOf(name, ready.port)).then(() => ({})),
    ]);
    return {
      ...base,
      up: answer.status === "fulfilled",
      ...(process.status === "fulfilled" ? process.value : {}),
      ...(answer.status === "fulfilled" ? answer.value : {}),
    };
  }

  #partOf(name: string): Part {
    const part = this.#own.topology.parts.find((candidate) => candidate.name === name);
    if (part) return part;
    throw new MatchdayError("PART_UNKNOWN", `the stack has no part "${name}"`, {
      hint: `its parts are ${this.parts.join(", ")}`,
    });
  }

  #urlOf(part: string, port: string): string {
    const at = this.#own.addressOf(part, port);
    return `http://${at.host}:${at.port}`;
  }
}

/** The pages where a person watches. */
export function consolesOf(urlOf: (part: string, port: string) => string): StackConsole[] {
  return [
    {
      name: "grafana",
      title: 'Grafana, dashboard "Match day"',
      url: `${urlOf("grafana", "http")}/d/matchday-match-day`,
    },
    { name: "prometheus", title: "Prometheus", url: urlOf("prometheus", "http") },
    { name: "jaeger", title: "Jaeger, traces hop by hop", url: urlOf("jaeger", "query") },
  ];
}

function launchFailed(part: string, error: unknown): MatchdayError {
  if (error instanceof MatchdayError) return error;
  const word = engineWord(error) || messageOf(error);
  if (/port is already allocated|address already in use|ports are not available/i.test(word)) {
    return new MatchdayError("PORT_TAKEN", `${part}: ${word}`, {
      hint: "choose another --base-port, or leave the flag out",
      exitCode: ExitCode.usage,
      cause: error,
    });
  }
  return new MatchdayError("CONTAINER_REFUSED", `the engine does not start ${part}: ${word}`, {
    cause: error,
  });
}
