import { formatMs } from "../../common/duration.ts";
import type { Finding } from "../contract.ts";
import { highReadLagMs } from "../starvation.ts";
import { countOf, formatRatio } from "../words.ts";
import type { Finder } from "./finding.ts";

/** What the generators say of themselves, where it bears on how the rest is to be read. */
export const instrument: Finder = ({ trust, evidence }) => {
  const found: Finding[] = [];
  const { generator, starvation } = trust;
  if (starvation.saturated) {
    const { seconds } = starvation;
    found.push({
      severity: "medium",
      title: "This machine was full",
      evidence: `CPU at 95 % or more and reading behind by ${formatMs(highReadLagMs)} or more in ${countOf(seconds.length, "second")}`,
      when: { fromMs: seconds[0]!.fromMs, toMs: seconds.at(-1)!.toMs },
      remedy:
        "The stack is better than these figures: use fewer clients, or a second machine for the generators.",
    });
  } else if (generator.readLagP99Ms > highReadLagMs) {
    const worst = evidence.seconds.reduce((a, b) =>
      (b.readLag?.p99Ms ?? 0) > (a.readLag?.p99Ms ?? 0) ? b : a,
    );
    found.push({
      severity: "low",
      title: "The generators read late",
      evidence: `read lag p99 was ${formatMs(generator.readLagP99Ms)}, at its worst at ${formatMs(worst.toMs)}; ages do not hold it, since the kernel stamps arrivals`,
      when: { fromMs: worst.fromMs, toMs: worst.toMs },
      remedy: "Nothing, for the ages; with fewer clients for each generator its own figures calm down.",
    });
  }
  if (generator.kernelTimestampRatio < 0.99) {
    found.push({
      severity: "low",
      title: `Only ${formatRatio(generator.kernelTimestampRatio)} of arrivals were stamped by the kernel`,
      evidence: "the others are stamped by the reader: the generators' own delay is in their ages",
      when: null,
      remedy: "Run the generators on Linux and without TLS, for ages that hold nothing but the stack.",
    });
  }
  return found;
};
