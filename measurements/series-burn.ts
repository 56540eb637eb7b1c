import type { Column } from "./series-columns.ts";

/** How fast the error budget of an SLO was used, over windows that end with each second; 1 uses up exactly what is allowed. */
export interface BurnLine {
  title: string;
  windows: { windowMs: number; burn: Column }[];
}
