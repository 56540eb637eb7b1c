import { join } from "node:path";
import { MatchdayError } from "../../common/errors.ts";
import type { Lease } from "../../common/lease.ts";
import type { ManagedProcess } from "../../common/managed-process.ts";
import type { PartFigures } from "../../common/records.ts";
import { until } from "../../common/until.ts";
import type { StackControl, StackHandle } from "../handle.ts";
import type { StackSecrets } from "../secrets.ts";
import type { AddressBook, Endpoint, Part, Topology } from "../topology.ts";
import type { ToxiproxyApi } from "../toxiproxy.ts";
import { processSpecOf } from "./local-commands.ts";
import { LostParts } from "./lost-parts.ts";
import { processFigures } from "./process-figures.ts";
import { signalTree } from "./process-tree.ts";
import { isReady } from "./readiness.ts";
import { ReferenceStack } from "./reference-stack.ts";

interface LocalStackParts {
  topology: Topology;
  design: string;
  addresses: AddressBook;
  secrets: StackSecrets;
  toxiproxy: ToxiproxyApi;
  lease: Lease;
  place: Parameters<typeof processSpecOf>[1];
  startupTimeoutMs: number;
}

/** How long a part that hangs at its start has to end, once it is asked to. */
const unreadyStopWithinMs = 1000;

/** The reference stack as processes of this machine. */
export class LocalStack extends ReferenceStack implements StackHandle, StackControl {
  readonly provider = "local";
  readonly control = this;
  /** Nothing watches here but the run itself. */
  readonly consoles = [];
  readonly #own: LocalStackParts;
  readonly #processes = new Map<string, ManagedProcess>();
  /** Processes whose end is no news. */
  readonly #ending = new WeakSet<ManagedProcess>();
  readonly #lost = new LostParts();
  readonly #closing = new AbortController();
  #stopped: Promise<void> | undefined;

  constructor(own: LocalStackParts) {
    const { design, topology, addresses, secrets, toxiproxy } = own;
    super({
      design,
      topology,
      secrets,
      toxiproxyUrl: toxiproxy.url,
      urlOf: (part, port) => urlOf(addresses.part(part, port)),
      running: (part) => this.#processes.get(part)?.running ?? false,
    });
    this.#own = own;
  }

  /** Starts a part, and resolves when it is ready. */
  async start(name: string): Promise<void> {
    const part = this.partOf(name);
    const { ready, ports } = part;
    const at = this.#own.addresses.part(name, ready.port in ports ? ready.port : Object.keys(ports)[0]!);
    const { startupTimeoutMs, secrets } = this.#own;
    const edges = this.edges.map((edge) => edge.name);
    let started = await this.#spawn(part);
    await until(
      async () => {
        this.#lost.refuse(name, { doWithout: edges, hint: this.#logHint });
        if (!started.running) {
          if (!this.#cameTooEarly(started)) throw this.#failed(started);
          started = await this.#spawn(part);
        }
        return isReady(ready, at, secrets);
      },
      {
        withinMs: startupTimeoutMs,
        code: "PART_NOT_READY",
        orElse: `${name} is not ready within ${startupTimeoutMs} ms: ${ready.probe} on port ${at.port}`,
        hint: this.#logHint(name),
        signal: this.closing,
      },
    );
    this.#lost.becameReady(name);
    if (name === "toxiproxy") await this.#makeLegs();
  }

  /** @throws MatchdayError STACK_DIED when a part that was ready has ended meanwhile */
  refuseUnlessWhole(): void {
    this.#lost.refuse("the stack", { hint: this.#logHint });
  }

  /** Where a port of a part is. */
  addressOf(part: string, port: string): Endpoint {
    return this.#own.addresses.part(part, port);
  }

  figures(): Promise<Omit<PartFigures, "atMs">[]> {
    return Promise.all(this.#own.topology.parts.map((part) => this.#figuresOf(part)));
  }

  async showMetrics(): Promise<void> {}

  async kill(name: string): Promise<void> {
    const started = this.#running(name);
    this.#ending.add(started);
    signalTree(started.pid, "SIGKILL");
    await started.exited;
  }

  async restart(name: string): Promise<void> {
    if (this.#processes.get(name)?.running) return;
    await this.start(name);
    if (name === "vendor") await this.services.resumeFeed();
  }

  async pause(name: string): Promise<void> {
    signalTree(this.#running(name).pid, "SIGSTOP");
  }

  async unpause(name: string): Promise<void> {
    const started = this.#processes.get(name);
    if (started?.running) signalTree(started.pid, "SIGCONT");
  }

  onPartDown(listener: (part: string, how: string) => void): void {
    this.#lost.onLost(listener);
  }

  /** Aborted once this stack is to stop: nothing is waited for any more. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  stop(): Promise<void> {
    this.#closing.abort(stopped());
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Edges first, then what feeds them, then what holds the data: nobody sees a dependency go before it does. */
  async #shutDown(): Promise<void> {
    for (const started of this.#processes.values()) this.#ending.add(started);
    for (const kind of ["edge", "service", "dependency"] as const) {
      const members = this.#own.topology.parts.filter((part) => part.kind === kind);
      await Promise.all(
        members.map(async ({ name }) => {
          // A worker that is stopped would not let its parent end.
          await this.unpause(name);
          // One that has never been ready has nothing to bring to its end.
          const patience = this.#lost.wasReady(name) ? undefined : unreadyStopWithinMs;
          await this.#processes.get(name)?.stop(patience);
        }),
      );
    }
  }

  async #spawn(part: Part): Promise<ManagedProcess> {
    if (this.#stopped) throw stopped();
    const started = await this.#own.lease.start(processSpecOf(part, this.#own.place));
    this.#processes.set(part.name, started);
    this.#lost.startedAgain(part.name);
    started.exited.then(() => {
      if (this.#ending.has(started) || this.#cameTooEarly(started)) return;
      const tail = started.logTail(3);
      const how = started.howItEnded() + (tail === "" ? "" : `: ${tail}`);
      this.#lost.mark(part.name, how);
      this.#lost.tell(part.name, how);
    });
    return started;
  }

  /** PostgreSQL does not start while a worker of a killed one lives on, for some milliseconds. */
  #cameTooEarly(started: ManagedProcess): boolean {
    return (
      started.name.startsWith("postgres") &&
      started.exit?.signal === null &&
      !this.#lost.wasReady(started.name) &&
      started.logTail(10).includes("still in use")
    );
  }

  async #makeLegs(): Promise<void> {
    const { topology, addresses, toxiproxy } = this.#own;
    const address = ({ host, port }: { host: string; port: number }) => `${host}:${port}`;
    await toxiproxy.populate(
      topology.legs.map(({ name, to, port }) => ({
        name,
        listen: address(addresses.leg(name)),
        upstream: address(addresses.part(to, port)),
      })),
    );
  }

  async #figuresOf({ name, kind, ready }: Part): Promise<Omit<PartFigures, "atMs">> {
    const started = this.#processes.get(name);
    const base = { part: name, kind };
    if (!started?.running) return { ...base, up: false };
    const [process, answer] = await Promise.allSettled([
      processFigures(started.pid),
      kind === "dependency"
        ? isReady(ready, this.#own.addresses.part(name, ready.port), this.#own.secrets).then(() => ({}))
        : this.services.figures(name),
    ]);
    return {
      ...base,
      up: answer.status === "fulfilled",
      ...(process.status === "fulfilled" ? process.value : {}),
      ...(answer.status === "fulfilled" ? answer.value : {}),
    };
  }

  #failed(started: ManagedProcess): MatchdayError {
    return new MatchdayError(
      "PART_NOT_READY",
      `${started.name} ${started.howItEnded()} while it was starting: ${started.logTail() || "its log is empty"}`,
      { hint: this.#logHint(started.name) },
    );
  }

  readonly #logHint = (part: string): string => `its log is ${join(this.#own.place.logs, `${part}.log`)}`;

  #running(name: string): ManagedProcess {
    this.partOf(name);
    const started = this.#processes.get(name);
    if (started?.running) return started;
    throw new MatchdayError("PART_NOT_RUNNING", `${name} is not running`, {
      hint: "see its log in the run folder: it ended before",
    });
  }
}

const stopped = () => new MatchdayError("STACK_STOPPED", "the stack is stopped", { hint: "run it again" });

const urlOf = ({ host, port }: Endpoint) => `http://${host}:${port}`;
