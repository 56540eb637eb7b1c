import { ExitCode, MatchdayError, messageOf } from "../../../common/errors.ts";
import type { PartFigures } from "../../../common/records.ts";
import { until } from "../../../common/until.ts";
import type { StackConsole, StackControl, StackHandle } from "../../handle.ts";
import type { StackSecrets } from "../../secrets.ts";
import type { Endpoint, Part, Topology } from "../../topology.ts";
import { ToxiproxyApi, toxiproxyUrl } from "../../toxiproxy.ts";
import { isReady } from "../readiness.ts";
import { ReferenceStack } from "../reference-stack.ts";
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
  secrets: StackSecrets;
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
export class ContainersStack extends ReferenceStack implements StackHandle, StackControl {
  readonly provider = "containers";
  readonly control = this;
  readonly id: string;
  readonly consoles: StackConsole[];
  readonly otlpUrl: string;
  readonly #own: ContainersStackParts;
  readonly #beganAtS = Math.floor(Date.now() / 1000);
  readonly #figures: ContainerFigures;
  readonly #observerUrl: string;
  #stopped: Promise<void> | undefined;

  constructor(own: ContainersStackParts) {
    const { id, design, topology, secrets, addressOf, fleet } = own;
    const urlOf = (part: string, port: string) => {
      const at = addressOf(part, port);
      return `http://${at.host}:${at.port}`;
    };
    super({
      design,
      topology,
      secrets,
      toxiproxyUrl: toxiproxyUrl(addressOf("observer", "http"), secrets.control, "/toxiproxy"),
      urlOf,
      running: (part) => fleet.running(part),
    });
    this.#own = own;
    this.#figures = new ContainerFigures(own.engine);
    this.#observerUrl = urlOf("observer", "http");
    this.id = id;
    this.otlpUrl = urlOf("jaeger", "otlp");
    this.consoles = consolesOf(topology.parts, urlOf);
  }

  /** Launches a part's container, and resolves when it is ready. */
  async start(name: string, container: (onCreated: (id: string) => void) => PartContainer): Promise<void> {
    await this.#untilReady(name, this.#own.fleet.launch(name, container));
  }

  async restart(name: string): Promise<void> {
    this.partOf(name);
    if (this.#own.fleet.running(name)) return;
    await this.#untilReady(name, this.#own.fleet.relaunch(name));
    if (name === "vendor") await this.services.resumeFeed();
  }

  figures(): Promise<Omit<PartFigures, "atMs">[]> {
    return Promise.all(this.#own.topology.parts.map((part) => this.#figuresOf(part)));
  }

  async showMetrics(exposition: () => Promise<string>): Promise<void> {
    const body = await exposition();
    await fetch(`${this.#observerUrl}/v1/exposition`, {
      method: "POST",
      headers: {
        "content-type": "text/plain",
        authorization: `Bearer ${this.#own.secrets.control}`,
      },
      body,
      signal: AbortSignal.timeout(answerWithinMs),
    }).then(
      (answer) => answer.arrayBuffer(),
      // What watches may be away: the rehearsal goes on.
      () => {},
    );
  }

  async kill(name: string): Promise<void> {
    this.partOf(name);
    await this.#own.fleet.kill(name);
  }

  async pause(name: string): Promise<void> {
    this.partOf(name);
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
    const { fleet, topology, addressOf, secrets } = this.#own;
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
      emptyRedis(addressOf("redis", "redis"), secrets),
      emptyPostgres(addressOf("postgres", "postgres"), secrets),
      this.showMetrics(async () => ""),
    ]);
    this.services.forgetFeed();
    await Promise.all(withState.map(({ name }) => this.restart(name)));
  }

  async saveLogs(): Promise<void> {
    const { engine, fleet, logs } = this.#own;
    if (logs && !fleet.gone) await saveLogs(engine, logs, fleet.containers(), this.#beganAtS);
  }

  async #untilReady(name: string, launched: Promise<void>): Promise<void> {
    const { fleet, startupTimeoutMs } = this.#own;
    const part = this.partOf(name);
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
        fleet.lost.refuse(name, { doWithout: this.#nobodyWaitsFor, hint: this.#logHint });
        if (launch?.error) throw launchFailed(name, launch.error);
        const container = fleet.containerOf(name);
        if (container && !container.running) throw await this.#failed(name, container.how);
        return launch && this.#isReady(part);
      },
      {
        withinMs: startupTimeoutMs,
        code: "PART_NOT_READY",
        orElse: `${name} is not ready within ${startupTimeoutMs} ms: ${part.ready.probe} on its port "${part.ready.port}"`,
        hint: this.#logHint(name),
      },
    );
    fleet.lost.becameReady(name);
  }

  /** @throws MatchdayError STACK_DIED when a part that was ready has ended meanwhile */
  refuseUnlessWhole(): void {
    this.#own.fleet.lost.refuse("the stack", { hint: this.#logHint });
  }

  /** Edges, and what only watches. */
  get #nobodyWaitsFor(): string[] {
    return this.#own.topology.parts
      .filter(({ kind }) => kind === "edge" || kind === "observability")
      .map(({ name }) => name);
  }

  async #isReady({ name, ready, closed }: Part): Promise<boolean> {
    const { addressOf, secrets } = this.#own;
    if (!closed) return isReady(ready, addressOf(name, ready.port), secrets);
    // Through the observer, which may not be there yet either.
    await new ToxiproxyApi(this.toxiproxyUrl, { timeoutMs: answerWithinMs }).version().catch((error) => {
      throw new Error(messageOf(error));
    });
    return true;
  }

  async #failed(name: string, how = "ended"): Promise<MatchdayError> {
    const words = await this.#own.fleet.lastWords(name, 20);
    return new MatchdayError(
      "PART_NOT_READY",
      `${name} ${how} while it was starting: ${words || "its log is empty"}`,
      { hint: this.#logHint(name) },
    );
  }

  readonly #logHint = (name: string): string => {
    const { logs } = this.#own;
    return logs ? `its log is ${logs}/${name}.log` : `see matchday stack logs ${name}`;
  };

  async #figuresOf(part: Part): Promise<Omit<PartFigures, "atMs">> {
    const { fleet } = this.#own;
    const { name, kind, program } = part;
    const base = { part: name, kind };
    if (!fleet.running(name)) return { ...base, up: false };
    const [process, answer] = await Promise.allSettled([
      fleet.pidOf(name).then((pid) => this.#figures.of(fleet.containerOf(name)!.id, pid)),
      "service" in program && kind !== "observability"
        ? this.services.figures(name)
        : this.#isReady(part).then(() => ({})),
    ]);
    return {
      ...base,
      up: answer.status === "fulfilled",
      ...(process.status === "fulfilled" ? process.value : {}),
      ...(answer.status === "fulfilled" ? answer.value : {}),
    };
  }
}

/** The pages where a person watches; the dashboard is the one of what runs. */
export function consolesOf(
  parts: readonly Pick<Part, "name">[],
  urlOf: (part: string, port: string) => string,
): StackConsole[] {
  const sells = parts.some(({ name }) => name === "admission");
  const dashboard = sells
    ? { uid: "matchday-box-office", title: "Box office" }
    : { uid: "matchday-match-day", title: "Match day" };
  return [
    {
      name: "grafana",
      title: `Grafana, dashboard "${dashboard.title}"`,
      url: `${urlOf("grafana", "http")}/d/${dashboard.uid}`,
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
    hint: "cure what the engine says, or run with --stack local",
    cause: error,
  });
}
