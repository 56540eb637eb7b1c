/** A plan as it was saved by an earlier version, in the form of today; anything else as it is. */
export function upgradePlan(value: unknown): unknown {
  return isRecord(value) && value.version === 1 ? fromVersion1(value) : value;
}

/** The system's words stood beside those of every plan; and where it was not named, there was but one. */
function fromVersion1(plan: Record<string, unknown>): Record<string, unknown> {
  const { version: _, system = "live-scores", design, feed, presale, payments, defect, ...rest } = plan;
  const script =
    system === "live-scores" ? feed : { presale, payments, ...(defect === undefined ? {} : { defect }) };
  return { version: 2, ...rest, system: { id: system, design, script } };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
