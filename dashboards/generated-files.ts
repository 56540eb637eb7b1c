import { boards } from "./boards/index.ts";
import { renderBoard } from "./render/board.ts";
import { renderRules } from "./rules/render.ts";

/** What belongs into `generated/`: name → text. */
export function generatedFiles(): Record<string, string> {
  const dashboards = Object.entries(boards).map(([name, board]) => [
    `${name}.json`,
    `${JSON.stringify(renderBoard(board), null, 2)}\n`,
  ]);
  return { ...Object.fromEntries(dashboards), "rules.yaml": renderRules() };
}
