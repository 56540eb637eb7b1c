/** How panels are begun: what most of them have in common. */
import type { LinesPanel, Query, TilesPanel } from "../model.ts";

export const lines = (
  title: string,
  unit: LinesPanel["unit"],
  description: string,
  queries: Query[],
  rest: Partial<LinesPanel> = {},
): LinesPanel => ({ kind: "lines", title, unit, description, queries, width: 8, ...rest });

export const tile = (
  title: string,
  width: number,
  rest: Omit<TilesPanel, "kind" | "title" | "width">,
): TilesPanel => ({ kind: "tiles", title, width, ...rest });
