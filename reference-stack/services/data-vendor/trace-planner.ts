import { createHash } from "node:crypto";
import type { FeedMessage, TracePlan } from "../../../common/match-day.ts";
import { seeded } from "../../../common/seeded.ts";
import { formatTraceparent } from "../../../common/trace-context.ts";

/**
 * Decides which messages are traced, and under which ids: all but odds are; of the odds a share, and all within a
 * window. Call it for each message in order. Made from the start and the number alone, so that a vendor that was
 * restarted says the same; and the start sets the traces of two runs apart.
 */
export function tracePlanner(
  { share, windows }: TracePlan,
  startAtUs: number,
): (message: FeedMessage) => string | undefined {
  const random = seeded(startAtUs);
  return ({ n, class: eventClass, sourceAtUs }) => {
    const dice = random();
    const atMs = (sourceAtUs - startAtUs) / 1000;
    const traced =
      eventClass !== "odds" ||
      dice < share ||
      windows.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
    if (!traced) return undefined;
    const digits = createHash("sha256").update(`${startAtUs} ${n}`).digest("hex");
    return formatTraceparent({ traceId: digits.slice(0, 32), spanId: digits.slice(32, 48), sampled: true });
  };
}
