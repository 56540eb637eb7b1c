import { LineCounter, parseDocument } from "yaml";
import { allowanceForms, readAllowance } from "../../common/allowance.ts";
import { parseDuration } from "../../common/duration.ts";
import type { Problem } from "../../common/errors.ts";
import type { Allowance } from "../../common/experiment.ts";
import { allowanceProblem } from "../allowance-check.ts";
import type { Budget } from "../contract.ts";
import { invariants } from "../invariants/index.ts";
import { ofService, readAnnotations } from "./annotations.ts";
import { annotation, type Service } from "./schema.ts";
import { type Path, SourceDocument } from "./source.ts";

export type OfService = Pick<Budget, "invariants" | "untested"> & { allowances: Allowance[] };

/** What the annotations of a Service say of the whole budget: invariants, allowances, and how the untested weighs. */
export function readService(service: Service, source: SourceDocument): OfService & { problems: Problem[] } {
  const read = readAnnotations(service.metadata.annotations, ofService, source);
  if ("problems" in read) return { invariants: [], allowances: [], problems: read.problems };
  const { invariants: ids, untested, allow } = read.annotations;
  const known = readInvariants(ids, source);
  const allowed = allow === undefined ? { allowances: [], problems: [] } : readAllowances(allow, source);
  return {
    invariants: known.ids,
    ...(untested ? { untested } : {}),
    allowances: allowed.allowances,
    problems: [...known.problems, ...allowed.problems],
  };
}

const at = (field: string): Path => ["metadata", "annotations", annotation(field)];

function readInvariants(text: string, source: SourceDocument): { ids: string[]; problems: Problem[] } {
  const ids = text
    .split(",")
    .map((id) => id.trim())
    .filter(Boolean);
  const valid = invariants.map(({ id }) => id);
  return {
    ids: [...new Set(ids)],
    problems: ids
      .filter((id) => !valid.includes(id))
      .map((id) =>
        source.problem(
          at("invariants"),
          `there is no invariant "${id}"`,
          `the invariants are ${valid.join(", ")}`,
        ),
      ),
  };
}

const form = `write a fault's id or kind, and under it allow with entries like ${allowanceForms}, and for-at-most: 15s`;

/** YAML within a text: fault → what it may cost, and for how long. */
function readAllowances(
  text: string,
  source: SourceDocument,
): { allowances: Allowance[]; problems: Problem[] } {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines });
  const inner = new SourceDocument({ yaml, lines, name: "" }, yaml.contents!);
  const problems: Problem[] = [];
  const refuse = (line: number, fact: string, remedy = form) => {
    const first = source.blockLineOf(at("allow"));
    const where = first === undefined ? source.lineOf(at("allow")) : first + line - 1;
    problems.push(source.problemOnLine(where, `${annotation("allow")}: ${fact}`, remedy));
  };
  for (const { pos, message } of yaml.errors) refuse(lines.linePos(pos[0]).line, message.split("\n")[0]!);
  if (problems.length > 0) return { allowances: [], problems };
  const faults: unknown = yaml.toJS();
  if (!isRecord(faults) || Object.keys(faults).length === 0) {
    refuse(1, "names no fault");
    return { allowances: [], problems };
  }
  const allowances: Allowance[] = [];
  for (const [fault, given] of Object.entries(faults)) {
    const allowance: Allowance = { fault, measures: [], forAtMostMs: 0 };
    allowances.push(allowance);
    const { allow, "for-at-most": limit, ...others } = isRecord(given) ? given : {};
    for (const field of Object.keys(others)) {
      refuse(inner.lineOf([fault, field]), `${fault}: there is no field ${field}`);
    }
    const forAtMostMs = typeof limit === "string" ? parseDuration(limit) : undefined;
    if (forAtMostMs === undefined || forAtMostMs === 0) {
      const fact =
        limit === undefined
          ? "for-at-most is missing"
          : `for-at-most: ${JSON.stringify(limit)} is no duration`;
      refuse(inner.lineOf([fault, "for-at-most"]), `${fault}: ${fact}`);
    } else allowance.forAtMostMs = forAtMostMs;
    if (!Array.isArray(allow) || allow.length === 0) {
      refuse(inner.lineOf([fault, "allow"]), `${fault}: allow is no list, or empty`);
      continue;
    }
    for (const [index, entry] of allow.entries()) {
      const read = readAllowance(entry);
      const fact = "fact" in read ? read.fact : allowanceProblem(read);
      const twice = "measure" in read && allowance.measures.some(({ measure }) => measure === read.measure);
      const line = inner.lineOf([fault, "allow", index]);
      if (fact !== undefined) refuse(line, `${fault}: ${fact}`);
      else if (twice) refuse(line, `${fault}: ${(read as { measure: string }).measure} is allowed twice`);
      else if ("measure" in read) allowance.measures.push(read);
    }
  }
  return { allowances, problems };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
