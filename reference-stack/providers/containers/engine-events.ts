import { messageOf } from "../../../common/errors.ts";
import { within } from "../../service-kit/within.ts";
import type { Engine } from "./engine.ts";
import { labels } from "./labels.ts";

interface Listeners {
  /** A container of the stack has ended. */
  onEnd(part: string, how: string): void;
  /** The engine does not answer any more. */
  onGone(why: string): void;
}

interface EngineEvent {
  Action: string;
  Actor: { Attributes: Record<string, string> };
  timeNano: number;
}

const answerWithinMs = 2000;

/** Follows what the engine says of one stack's containers, until it is closed. */
export class EngineEvents {
  readonly #engine: Engine;
  readonly #stackId: string;
  readonly #listeners: Listeners;
  readonly #closed = new AbortController();
  readonly #outOfMemory = new Set<string>();
  #lastAtNs = 0;

  private constructor(engine: Engine, stackId: string, listeners: Listeners) {
    this.#engine = engine;
    this.#stackId = stackId;
    this.#listeners = listeners;
  }

  static async follow(engine: Engine, stackId: string, listeners: Listeners): Promise<EngineEvents> {
    const events = new EngineEvents(engine, stackId, listeners);
    await events.#listen();
    return events;
  }

  close(): void {
    this.#closed.abort();
  }

  async #listen(): Promise<void> {
    const stream = await this.#engine.docker.getEvents({
      filters: { type: ["container"], event: ["die", "oom"], label: [`${labels.stack}=${this.#stackId}`] },
      abortSignal: this.#closed.signal,
      ...(this.#lastAtNs === 0 ? {} : { since: (this.#lastAtNs + 1) / 1e9 }),
    });
    let text = "";
    stream.on("data", (data: Buffer) => {
      const lines = (text + data).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") this.#take(JSON.parse(line) as EngineEvent);
    });
    let over = false;
    const ended = () => {
      if (over || this.#closed.signal.aborted) return;
      over = true;
      this.#again();
    };
    stream.on("error", ended);
    stream.on("end", ended);
    stream.on("close", ended);
  }

  /** A connection may be cut by what is in between; an engine that is gone does not answer. */
  async #again(): Promise<void> {
    try {
      await within(this.#engine.docker.ping(), answerWithinMs, `no answer within ${answerWithinMs} ms`);
      await this.#listen();
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#listeners.onGone(messageOf(error));
    }
  }

  #take({ Action, Actor, timeNano }: EngineEvent): void {
    this.#lastAtNs = timeNano;
    const part = Actor.Attributes[labels.part];
    if (part === undefined) return;
    if (Action === "oom") {
      this.#outOfMemory.add(part);
      return;
    }
    this.#listeners.onEnd(
      part,
      howItEnded(Number(Actor.Attributes.exitCode), this.#outOfMemory.delete(part)),
    );
  }
}

/** A shell's convention, which engines follow: 128 and the signal's number. */
function howItEnded(exitCode: number, outOfMemory: boolean): string {
  if (outOfMemory) return "ran out of memory and was killed";
  if (exitCode === 137) return "was killed (SIGKILL)";
  if (exitCode === 143) return "was ended (SIGTERM)";
  return `exited with code ${exitCode}`;
}
