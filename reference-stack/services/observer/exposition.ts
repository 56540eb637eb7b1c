/**
 * A run tells its state each second, and its verdict once. Who looks at a dashboard after the run finds the verdict; a run
 * that was cut off has none, and what it said last goes after a while, so that nobody takes it for the present.
 */
export const keptMs = 60_000;

/** The text that the harness gave last. */
export class Exposition {
  readonly #nowMs: () => number;
  #text = "";
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  replace(text: string): void {
    // The format wants a line feed at the end of each line, the last one included.
    this.#text = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    const concluded = /^matchday_verdict\{/m.test(text);
    this.#untilMs = concluded ? Number.POSITIVE_INFINITY : this.#nowMs() + keptMs;
  }

  /** Empty when nothing is to be told any more. */
  get text(): string {
    if (this.#nowMs() >= this.#untilMs) this.#text = "";
    return this.#text;
  }
}
