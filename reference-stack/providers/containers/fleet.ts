import { MatchdayError } from "../../../common/errors.ts";
import { until } from "../../../common/until.ts";
import { LostParts } from "../lost-parts.ts";
import { askEngine, type Engine, engineGone, statusOf } from "./engine.ts";
import { EngineEvents } from "./engine-events.ts";
import { readLog } from "./logs.ts";
import type { PartContainer } from "./part-container.ts";

interface Member {
  id: string;
  running: boolean;
  paused: boolean;
  /** How it ended; the last time. */
  how?: string;
  /** Of its first process, on the engine's machine. */
  pid?: number;
}

/** The engine tells that a container has ended within milliseconds. */
const endsWithinMs = 10_000;

/** The containers of one stack by their part's name, and what becomes of them. */
export class Fleet {
  readonly #engine: Engine;
  readonly #members = new Map<string, Member>();
  /** Parts whose end is no news. */
  readonly #ending = new Set<string>();
  readonly lost = new LostParts();
  readonly #launches = new Set<Promise<unknown>>();
  #events: EngineEvents | undefined;
  #closed = false;
  #gone: MatchdayError | undefined;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  static async follow(engine: Engine, stackId: string): Promise<Fleet> {
    const fleet = new Fleet(engine);
    fleet.#events = await askEngine("follow its events", () =>
      EngineEvents.follow(engine, stackId, {
        onEnd: (part, how) => fleet.#ended(part, how),
        onGone: (why) => fleet.#lost(why),
      }),
    );
    return fleet;
  }

  /** The engine does not answer any more. */
  get gone(): MatchdayError | undefined {
    return this.#gone;
  }

  onPartDown(listener: (part: string, how: string) => void): void {
    this.lost.onLost(listener);
  }

  adopt(part: string, member: Member): void {
    this.#members.set(part, member);
    if (member.running) this.lost.becameReady(part);
  }

  containerOf(part: string): Member | undefined {
    return this.#members.get(part);
  }

  running(part: string): boolean {
    return this.#members.get(part)?.running === true;
  }

  containers(): [part: string, id: string][] {
    return [...this.#members].map(([part, { id }]) => [part, id]);
  }

  /** Creates and starts a part's container. */
  async launch(part: string, container: (onCreated: (id: string) => void) => PartContainer): Promise<void> {
    const started = container((id) => {
      if (this.#closed)
        throw new MatchdayError("STACK_STOPPED", `${part} is not begun: the stack is being stopped`, {
          hint: "run it again",
        });
      this.#members.set(part, { id, running: true, paused: false });
    }).start();
    await this.#track(started);
  }

  /** Starts a container that has ended, on its old ports. */
  async relaunch(part: string): Promise<void> {
    const member = this.#memberOf(part);
    this.#ending.delete(part);
    this.lost.startedAgain(part);
    Object.assign(member, { running: true, paused: false, pid: undefined });
    await this.#track(
      this.#engine.docker
        .getContainer(member.id)
        .start()
        .catch((error) => {
          if (statusOf(error) === 304) return;
          member.running = false;
          throw error;
        }),
    );
  }

  async kill(part: string): Promise<void> {
    const member = this.#memberOf(part);
    if (!member.running)
      throw new MatchdayError("PART_NOT_RUNNING", `${part} is not running`, {
        hint: "see its log in the run folder: it ended before",
      });
    this.#ending.add(part);
    await askEngine(`kill ${part}`, () => this.#engine.docker.getContainer(member.id).kill());
    await this.#untilEnded(part);
  }

  /** Asks it to end, and kills it after the grace; one that has ended is fine. */
  async end(part: string, graceS: number): Promise<void> {
    const member = this.#members.get(part);
    if (!member?.running) return;
    this.#ending.add(part);
    // What is paused does not hear that it is to end.
    await this.unpause(part);
    const within = graceS * 1000 + endsWithinMs;
    await askEngine(
      `stop ${part}`,
      () => this.#engine.docker.getContainer(member.id).stop({ t: graceS }).catch(unlessDone),
      within,
    );
    await this.#untilEnded(part);
  }

  async pause(part: string): Promise<void> {
    const member = this.#memberOf(part);
    if (!member.running)
      throw new MatchdayError("PART_NOT_RUNNING", `${part} is not running`, {
        hint: "see its log in the run folder: it ended before",
      });
    if (member.paused) return;
    await askEngine(`pause ${part}`, () => this.#engine.docker.getContainer(member.id).pause());
    member.paused = true;
  }

  async unpause(part: string): Promise<void> {
    const member = this.#members.get(part);
    if (!member?.running || !member.paused) return;
    await askEngine(`unpause ${part}`, () => this.#engine.docker.getContainer(member.id).unpause());
    member.paused = false;
  }

  /** The pid of its first process, asked once for each time that it is started. */
  async pidOf(part: string): Promise<number | undefined> {
    const member = this.#members.get(part);
    if (!member?.running) return undefined;
    member.pid ??= (await this.#engine.docker.getContainer(member.id).inspect()).State.Pid;
    return member.pid;
  }

  lastWords(part: string, lines: number): Promise<string> {
    const member = this.#members.get(part);
    if (!member || this.#gone) return Promise.resolve("");
    return readLog(this.#engine, member.id, { tail: lines }).then(
      (text) => text.trim(),
      () => "",
    );
  }

  /** No end is news from now on, and nothing is launched any more. */
  close(): void {
    this.#closed = true;
    this.#events?.close();
  }

  /** Nothing ends unasked from now on; still followed. */
  expectEnds(): void {
    this.#closed = true;
    for (const part of this.#members.keys()) this.#ending.add(part);
  }

  /** Resolves when no launch is on its way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#launches);
  }

  async #track(launch: Promise<unknown>): Promise<void> {
    this.#launches.add(launch);
    try {
      await launch;
    } finally {
      this.#launches.delete(launch);
    }
  }

  #ended(part: string, how: string): void {
    const member = this.#members.get(part);
    if (!member) return;
    Object.assign(member, { running: false, paused: false, how, pid: undefined });
    if (this.#ending.has(part) || this.#closed) return;
    this.lost.mark(part, how);
    this.lastWords(part, 1).then((words) => this.lost.tell(part, words === "" ? how : `${how}: ${words}`));
  }

  #lost(why: string): void {
    this.#gone = engineGone(why);
    for (const member of this.#members.values()) member.running = false;
    if (!this.#closed) this.lost.tell("engine", this.#gone.message);
  }

  #memberOf(part: string): Member {
    if (this.#gone) throw this.#gone;
    const member = this.#members.get(part);
    if (member) return member;
    throw new MatchdayError("PART_UNKNOWN", `the stack has no part "${part}"`, {
      hint: `its parts are ${[...this.#members.keys()].join(", ")}`,
    });
  }

  async #untilEnded(part: string): Promise<void> {
    await until(() => !this.running(part), {
      withinMs: endsWithinMs,
      everyMs: 5,
      orElse: `${part} has not ended within ${endsWithinMs} ms`,
    });
  }
}

/** 304: it has ended already; 404: it is gone. */
function unlessDone(error: unknown): void {
  if (statusOf(error) !== 304 && statusOf(error) !== 404) throw error;
}
