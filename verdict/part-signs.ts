import type { PartFigures } from "../common/records.ts";

export type Figures = Omit<PartFigures, "part" | "kind">;

/** Whether a part shows trouble now, and did not before the fault. */
export type PartSign = (now: Figures, before: readonly Figures[]) => boolean;

/** A state that a part is in now, and was not in just before the fault. */
export const turned =
  (is: (figures: Figures) => boolean): PartSign =>
  (now, before) => {
    const last = before.at(-1);
    return is(now) && !(last && is(last));
  };
