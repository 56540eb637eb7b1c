/**
 * A run tells its state each second, and its verdict once. What was said last stays for a while, so that it can be read on
 * a dashboard when the run is over, and then goes, so that nobody takes it for the present.
 */
export const keptMs = 60_000;

/** The text that the harness gave last. */
export class Exposition {
  readonly #nowMs: () => number;
  #text = "";
  #replacedAtMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  replace(text: string): void {
    // The format wants a line feed at the end of each line, the last one included.
    this.#text = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    this.#replacedAtMs = this.#nowMs();
  }

  /** Empty when nothing was given within the last minute. */
  get text(): string {
    if (this.#nowMs() - this.#replacedAtMs >= keptMs) this.#text = "";
    return this.#text;
  }
}
