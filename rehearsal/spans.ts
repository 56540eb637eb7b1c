import { createReadStream, existsSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Clock, wallClock } from "../common/clock.ts";
import { messageOf } from "../common/errors.ts";
import type { SpanRecord } from "../common/records.ts";
import { until } from "../common/until.ts";
import { parseObject } from "../measurements/json-lines.ts";
import type { StackHandle } from "../reference-stack/handle.ts";
import { postSpans } from "./otlp.ts";
import type { RunFolder } from "./run-folder.ts";

const file = "spans.jsonl";

/** Of the stack, and again of the crowd: some 30 MB of file each, which a report reads in half a second. */
const mostSpans = 100_000;

/** As many as OpenTelemetry's own exporters send at once (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`). */
const batchSize = 512;

export interface SpanCollectorOptions {
  folder: RunFolder;
  stack: Pick<StackHandle, "spans" | "otlpUrl">;
  startAtUs: number;
  /** How many generators leave a `spans-<n>.jsonl`. */
  generators: number;
  clock?: Clock;
  mostSpans?: number;
  /** For the receiver of the crowd's spans, all of them together. */
  postWithinMs?: number;
}

/** Once a second: the spans that have ended in the stack, into the run folder; at the end those of the crowd. */
export class SpanCollector {
  readonly #options: Required<SpanCollectorOptions>;
  readonly #stopping = new AbortController();
  #kept = 0;
  #notKept = 0;
  #done: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: SpanCollectorOptions) {
    this.#options = { clock: wallClock, mostSpans, postWithinMs: 5000, ...options };
  }

  /** Begins; `onError` is told the first failure to write. */
  start(onError: (error: unknown) => void): void {
    this.#done = this.#loop().catch(onError);
  }

  /**
   * To be called when the generators have said their last, and before the stack is stopped: takes what is left in the
   * stack, and the crowd's. Nothing but a run folder that cannot be written makes it reject.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#finish();
    return this.#stopped;
  }

  async #finish(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
    await this.#collect();
    await this.#mergeCrowd();
    if (this.#notKept > 0) {
      this.#tell(
        "SPANS_NOT_KEPT",
        `${this.#notKept} spans more than the run folder holds were left out of ${file}`,
      );
    }
  }

  async #loop(): Promise<void> {
    const { clock, startAtUs } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // The next whole second, also after an answer that took longer than one.
      const second = Math.floor((clock.nowUs() - startAtUs) / 1e6) + 1;
      await clock.sleepUntil(startAtUs + Math.max(0, second) * 1e6, signal).catch(() => {});
      if (!signal.aborted) await this.#collect();
    }
  }

  async #collect(): Promise<void> {
    const spans = await until(() => this.#options.stack.spans(), {
      withinMs: 5000,
      orElse: "the stack handed out no spans within 5 s",
    }).catch((): SpanRecord[] => []);
    const room = this.#options.mostSpans - this.#kept;
    this.#kept += Math.min(spans.length, room);
    this.#notKept += Math.max(0, spans.length - room);
    this.#append(spans.slice(0, room));
  }

  /** Generators write a file each, since they are processes of their own; readers find one. */
  async #mergeCrowd(): Promise<void> {
    const { generators, folder, stack, postWithinMs } = this.#options;
    let receiver = stack.otlpUrl;
    const signal = AbortSignal.timeout(postWithinMs);
    for (let generator = 0; generator < generators; generator++) {
      const path = folder.file(`spans-${generator}.jsonl`);
      if (!existsSync(path)) continue;
      for await (const spans of this.#batchesOf(path)) {
        this.#append(spans);
        if (receiver === undefined) continue;
        await postSpans(receiver, spans, { service: "crowd", signal }).catch((error) => {
          // The run folder has them; a receiver that fails once is not asked again.
          receiver = undefined;
          this.#tell(
            "SPANS_NOT_TAKEN",
            `the crowd's spans are not where the stack's are: ${messageOf(error)}`,
          );
        });
      }
      rmSync(path);
    }
  }

  /** The spans of one generator, up to its share; a line that a crash has cut is left out. */
  async *#batchesOf(path: string): AsyncGenerator<SpanRecord[]> {
    const share = Math.floor(this.#options.mostSpans / this.#options.generators);
    const input = createReadStream(path);
    let batch: SpanRecord[] = [];
    let taken = 0;
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (taken >= share) {
        this.#notKept++;
        continue;
      }
      const span = parseObject(line);
      if (span === undefined) continue;
      taken++;
      batch.push(span as SpanRecord);
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  #append(spans: SpanRecord[]): void {
    // Only the report reads them, from the file.
    this.#options.folder.append(file, spans, { remember: false });
  }

  #tell(code: string, fact: string): void {
    const { clock, folder, startAtUs } = this.#options;
    const atUs = clock.nowUs();
    folder.journal({ type: "error", atUs, atMs: Math.round((atUs - startAtUs) / 1000), code, fact });
  }
}
