import { visibleJson } from "../common/visible.ts";
import type { Verdict } from "../verdict/contract.ts";

/** `verdict.json`: schema `matchday.verdict/2`, as `docs/verdict.schema.json` has it. */
export function renderJson(verdict: Verdict): string {
  return `${visibleJson(verdict)}\n`;
}
