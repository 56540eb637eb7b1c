/** Objectives as a table: a line each, and a column for each phase in which anything was exercised. */
import { phaseNames } from "../measurements/keys.ts";
import type { JudgedObjective } from "../verdict/contract.ts";
import { holds } from "../verdict/objectives.ts";
import { formatTarget, formatValue } from "../verdict/words.ts";

export type Column = JudgedObjective["phase"];

/** `allowed`: beyond the target, and within what the faults of that phase may cost. */
export type CellState = "missed" | "allowed" | "held";

export interface Cell {
  state: CellState;
  observed: string;
  /** `≤ 12 s`, or `> 12 s` where it was more than that; absent where the target itself held, or nothing else was allowed. */
  limit?: string;
  /** Ids of the faults that are allowed it. */
  by: string[];
  /** Where it is not the line's, as of an objective that is judged by slices and, under an allowance, by its measure. */
  target?: string;
}

export interface Line {
  id: string;
  title: string;
  measure: string;
  key: boolean;
  /** Of all its phases; null: not exercised. */
  ok: boolean | null;
  target: string;
  /** The worst first, where a phase has several. */
  cells: ReadonlyMap<Column, readonly Cell[]>;
  /** Of the whole run. */
  errorBudgetUsed: number | null;
}

export interface PhaseTable {
  columns: Column[];
  /** The worst first: what was missed, key objectives that were not exercised, what was allowed, what held, and the rest. */
  lines: Line[];
}

const columns: readonly Column[] = [...phaseNames, "steady", "all"];

/** What a column is called. */
export const columnTitle = (column: Column) => (column === "all" ? "whole run" : column);

export function phaseTable(rows: readonly JudgedObjective[]): PhaseTable {
  const lines = [...Map.groupBy(rows, ({ id }) => id).values()].map(lineOf);
  return {
    columns: columns.filter((column) => lines.some(({ cells }) => cells.has(column))),
    lines: lines.toSorted((a, b) => rankOf(a) - rankOf(b)),
  };
}

function lineOf(rows: readonly JudgedObjective[]): Line {
  const [first] = rows as [JudgedObjective];
  const { id, title, measure, key, errorBudgetUsed } = first;
  const exercised = rows.filter(({ observed }) => observed !== null).toSorted(worstFirst);
  const target = formatTarget(first);
  return {
    ...{ id, title, measure, key, target, errorBudgetUsed },
    ok: exercised.length === 0 ? null : exercised.every(({ ok }) => ok),
    cells: new Map(
      [...Map.groupBy(exercised, ({ phase }) => phase)].map(([phase, of]) => [
        phase,
        of.map((row) => cellOf(row, target)),
      ]),
    ),
  };
}

function cellOf(row: JudgedObjective, targetOfLine: string): Cell {
  const { observed, unit, op, allowed } = row;
  const state = stateOf(row);
  const target = formatTarget(row);
  return {
    state,
    observed: formatValue(observed!, unit, op),
    ...(allowed && state !== "held"
      ? { limit: `${signOf(row)} ${formatValue(allowed.target, unit, op)}` }
      : {}),
    by: allowed?.by ?? [],
    ...(target === targetOfLine ? {} : { target }),
  };
}

function stateOf({ ok, observed, op, target }: JudgedObjective): CellState {
  if (!ok) return "missed";
  return holds(observed!, op, target) ? "held" : "allowed";
}

const isUpper = ({ op }: Pick<JudgedObjective, "op">) => op !== "gt" && op !== "gte";

const signOf = (row: JudgedObjective) => (isUpper(row) ? (row.ok ? "≤" : ">") : row.ok ? "≥" : "<");

const states: readonly CellState[] = ["missed", "allowed", "held"];

function worstFirst(a: JudgedObjective, b: JudgedObjective): number {
  const byState = states.indexOf(stateOf(a)) - states.indexOf(stateOf(b));
  return byState || (isUpper(a) ? b.observed! - a.observed! : a.observed! - b.observed!);
}

/** What a run fails by, or is unknown by, comes before what it does not. */
function rankOf({ ok, key, cells }: Line): number {
  if (ok === false) return key ? 0 : 1;
  if (ok === null) return key ? 2 : 5;
  return [...cells.values()].flat().some(({ state }) => state === "allowed") ? 3 : 4;
}

/** `8.3 s ≤ 12 s allowed`, `✗ 9.2 s`: what it is can be read without colour. */
export function cellText({ state, observed, limit, target }: Cell): string {
  const value = `${state === "missed" ? "✗ " : ""}${observed}`;
  if (limit !== undefined) return `${value} ${limit} allowed`;
  return target === undefined ? value : `${value} (${target})`;
}
