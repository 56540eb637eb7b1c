import type { Verdict } from "../verdict/contract.ts";

/** `verdict.json`: schema `matchday.verdict/1`. */
export function renderJson(verdict: Verdict): string {
  return `${JSON.stringify(verdict, null, 2)}\n`;
}
