import { allowanceForms, leastAllowedMs, readAllowance } from "../../common/allowance.ts";
import { formatMs, parseDuration } from "../../common/duration.ts";
import type { Problem } from "../../common/errors.ts";
import type { Allowance } from "../../common/experiment.ts";
import { allowanceProblem } from "../allowance-check.ts";
import type { Budget } from "../contract.ts";
import { invariants } from "../systems/index.ts";
import { ofService, readAnnotations } from "./annotations.ts";
import { annotation, type Service } from "./schema.ts";
import type { Path, SourceDocument } from "./source.ts";

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
  const { documents, problems } = source.within(at("allow"), text);
  if (problems.length > 0) return { allowances: [], problems };
  const [inner] = documents;
  if (!inner || documents.length > 1 || !isRecord(inner.value) || Object.keys(inner.value).length === 0) {
    problems.push(source.problem(at("allow"), `${annotation("allow")} names no fault`, form));
    return { allowances: [], problems };
  }
  const allowances = Object.entries(inner.value).map(([fault, given]) =>
    readAllowanceOf(fault, given, (path, fact) =>
      problems.push(inner.problem([fault, ...path], `${annotation("allow")}: ${fault}: ${fact}`, form)),
    ),
  );
  return { allowances, problems };
}

function readAllowanceOf(
  fault: string,
  given: unknown,
  refuse: (path: Path, fact: string) => void,
): Allowance {
  const allowance: Allowance = { fault, measures: [], forAtMostMs: 0 };
  const { allow, "for-at-most": limit, ...others } = isRecord(given) ? given : {};
  for (const field of Object.keys(others)) refuse([field], `there is no field ${field}`);
  allowance.forAtMostMs = (typeof limit === "string" && parseDuration(limit)) || 0;
  if (limit === undefined) refuse([], "for-at-most is missing");
  else if (allowance.forAtMostMs === 0) {
    refuse(["for-at-most"], `for-at-most: ${JSON.stringify(limit)} is no duration`);
  } else if (allowance.forAtMostMs < leastAllowedMs) {
    const least = formatMs(leastAllowedMs);
    refuse(
      ["for-at-most"],
      `for-at-most: ${limit} is less than ${least}, and runs are recorded by the second`,
    );
  }
  if (!Array.isArray(allow) || allow.length === 0) {
    refuse(["allow"], "allow is no list, or empty");
    return allowance;
  }
  for (const [index, entry] of allow.entries()) {
    const read = readAllowance(entry);
    const fact = "fact" in read ? read.fact : allowanceProblem(read);
    if (fact !== undefined) refuse(["allow", index], fact);
    else if ("measure" in read) {
      if (allowance.measures.some(({ measure }) => measure === read.measure)) {
        refuse(["allow", index], `${read.measure} is allowed twice`);
      }
      allowance.measures.push(read);
    }
  }
  return allowance;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
