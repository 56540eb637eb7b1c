import type { RunRecord } from "../measurements/run-record.ts";
import type { SecondView } from "../measurements/seconds.ts";
import { atMsOf } from "./fault-times.ts";

/** A machine that is this busy has no CPU to give. */
const fullCpu = 0.95;
/** Read lag p99 of a generator that has the CPU it needs stays below, bursts included (measured: 4 to 69 ms). */
export const highReadLagMs = 100;
/** One full second may be chance. */
const saturatedSeconds = 2;
/** Delay shows where it ends: what is late in a second waited in the seconds before. */
const delayReachMs = 3000;

/**
 * The seconds in which the machine was full while the generators were behind with reading. Stack and generators share it,
 * so that the stack was short of CPU too: it looks worse than it is, and never better, since the kernel stamps arrivals.
 */
export class Starvation {
  readonly seconds: readonly SecondView[];
  /** All seconds in which the machine was full, whether reading was behind or not. */
  readonly #full: readonly SecondView[];

  constructor(
    seconds: readonly SecondView[],
    record: RunRecord,
    startAtUs: number,
    kernelTimestampRatio: number,
  ) {
    const fullAtMs = record.journal
      .filter((entry) => entry.type === "machine" && entry.cpuBusy >= fullCpu)
      .map((entry) => atMsOf(entry, startAtUs));
    // A sample of the machine is about the second before it.
    this.#full = seconds.filter(({ fromMs, toMs }) =>
      fullAtMs.some((atMs) => atMs > fromMs && atMs <= toMs + 1000),
    );
    // Where the kernel gives no timestamps there is no read lag to see, and a full machine has to do as a sign.
    const blind = kernelTimestampRatio < 0.5;
    this.seconds = this.#full.filter(
      ({ readLag }) => blind || (readLag !== undefined && readLag.p99Ms >= highReadLagMs),
    );
  }

  get saturated(): boolean {
    return this.seconds.length >= saturatedSeconds;
  }

  /**
   * Whether it could have brought about what is bad in the given seconds: in at least half of them, or just before. Once
   * the generators are known to have suffered on this machine, it counts when it was full: what they did not read late,
   * the stack may have sent late for the same reason.
   */
  explains(bad: readonly SecondView[]): boolean {
    if (bad.length === 0 || !this.saturated) return false;
    const explained = bad.filter(({ fromMs, toMs }) =>
      this.#full.some((second) => second.fromMs < toMs && second.toMs > fromMs - delayReachMs),
    );
    return explained.length * 2 >= bad.length;
  }
}
