import { parseDuration } from "../common/duration.ts";
import type { Expectation } from "../common/experiment.ts";

/** How expectations are written in an experiment: the words of an error's remedy. */
export const expectationForms =
  "clients-stay-connected: 99%, nothing-lost, or steady-within: 5s (each as one entry of the list)";

/**
 * Reads one entry of `expect`: `nothing-lost`, `{ clients-stay-connected: 99% }` or `{ steady-within: 5s }`.
 * @returns the expectation, or what is wrong with the entry.
 */
export function readExpectation(entry: unknown): Expectation | { fact: string; unknown: boolean } {
  const [id, value, more] = nameAndValue(entry);
  switch (id) {
    case "nothing-lost":
      return value === null ? { id } : { fact: "nothing-lost takes no value", unknown: false };
    case "clients-stay-connected": {
      const share = readShare(value);
      return share === undefined
        ? { fact: `clients-stay-connected: ${show(value)} is no share: write 99% or 0.99`, unknown: false }
        : { id, share };
    }
    case "steady-within": {
      const ms = typeof value === "string" ? parseDuration(value) : undefined;
      return ms === undefined || ms <= 0
        ? { fact: `steady-within: ${show(value)} is no duration: write 5s or 500ms`, unknown: false }
        : { id, ms };
    }
    case undefined:
      return {
        fact: `${show(entry)} is no expectation${more ? ": one entry holds one" : ""}`,
        unknown: true,
      };
    default:
      return { fact: `there is no expectation "${id}"`, unknown: true };
  }
}

function nameAndValue(entry: unknown): [id: string | undefined, value: unknown, more: boolean] {
  if (typeof entry === "string") return [entry, null, false];
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return [undefined, null, false];
  const pairs = Object.entries(entry);
  return pairs.length === 1 ? [...pairs[0]!, false] : [undefined, null, pairs.length > 1];
}

/** `99%` or `0.99`; more than none, at most all. */
function readShare(value: unknown): number | undefined {
  let share = Number.NaN;
  if (typeof value === "number") share = value;
  else if (typeof value === "string" && /^\d+(\.\d+)?%$/.test(value))
    share = Number(value.slice(0, -1)) / 100;
  return share > 0 && share <= 1 ? share : undefined;
}

function show(value: unknown): string {
  return value === null || value === undefined ? "nothing" : JSON.stringify(value);
}
