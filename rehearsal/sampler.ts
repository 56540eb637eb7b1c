import { setTimeout as delay } from "node:timers/promises";
import { nowUs } from "../common/clock.ts";
import type { JournalEntry, PartFigures, PublishedEvent } from "../common/records.ts";
import type { StackHandle } from "../reference-stack/handle.ts";
import { MachineSampler } from "./machine-sample.ts";
import type { RunFolder } from "./run-folder.ts";

/** Who is told what is sampled, beside the run folder. */
export interface SampleListener {
  figures(parts: readonly Omit<PartFigures, "atMs">[]): void;
  published(events: readonly PublishedEvent[]): void;
  journal(entry: JournalEntry): void;
}

/**
 * Once a second: the stack's figures, the newest of the ledger, what admission has decided, and how busy the machine is, into the
 * run folder.
 */
export class Sampler {
  readonly #folder: RunFolder;
  readonly #stack: StackHandle;
  readonly #startAtUs: number;
  readonly #listener: SampleListener;
  readonly #stopped = new AbortController();
  #published = 0;
  #decidedUs = 0;
  #reason: string | undefined;
  readonly #machine = new MachineSampler();
  #done: Promise<void> | undefined;

  constructor(folder: RunFolder, stack: StackHandle, startAtUs: number, listener: SampleListener) {
    this.#listener = listener;
    this.#folder = folder;
    this.#stack = stack;
    this.#startAtUs = startAtUs;
  }

  /** Begins; `onError` is told the first failure to write. */
  start(onError: (error: unknown) => void): void {
    this.#done = this.#loop().catch(onError);
  }

  /** Ends, and reads the ledger a last time. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#done;
    await this.#readLedger();
    await this.#readDecisions().catch(() => {});
  }

  async #loop(): Promise<void> {
    const signal = this.#stopped.signal;
    for (let second = 0; !signal.aborted; second++) {
      const waitMs = (this.#startAtUs - nowUs()) / 1000 + second * 1000;
      if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.#sample();
      // A sample that took longer than its second is followed by the next whole second, not by a burst.
      second = Math.max(second, Math.floor((nowUs() - this.#startAtUs) / 1e6));
    }
  }

  async #sample(): Promise<void> {
    const [figures] = await Promise.all([
      this.#stack.figures(),
      this.#readLedger().catch(() => {}),
      this.#readDecisions().catch(() => {}),
    ]);
    const atUs = nowUs();
    const atMs = Math.round((atUs - this.#startAtUs) / 1000);
    this.#folder.append(
      "stack.jsonl",
      figures.map((part) => ({ atMs, ...part })),
    );
    this.#listener.figures(figures);
    this.#tell({ type: "machine", atUs, atMs, ...this.#machine.sample() });
  }

  async #readDecisions(): Promise<void> {
    for (const { atUs, ...decision } of (await this.#stack.notes?.decisions(this.#decidedUs)) ?? []) {
      this.#decidedUs = atUs;
      if (decision.reason === this.#reason) continue;
      this.#reason = decision.reason;
      const atMs = Math.round((atUs - this.#startAtUs) / 1000);
      this.#tell({ type: "admission", atUs, atMs, ...decision });
    }
  }

  #tell(entry: JournalEntry): void {
    this.#folder.journal(entry);
    this.#listener.journal(entry);
  }

  async #readLedger(): Promise<void> {
    const entries = (await this.#stack.ledger?.published(this.#published)) ?? [];
    this.#published += entries.length;
    this.#folder.append("published.jsonl", entries);
    this.#listener.published(entries);
  }
}
