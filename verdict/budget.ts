import { LineCounter, parseAllDocuments } from "yaml";
import type { Problem } from "../common/errors.ts";
import type { Budget, Objective } from "./contract.ts";
import { invariants } from "./invariants/index.ts";
import { annotation, type Document, SourceDocument } from "./open-slo.ts";
import { sloObjectives } from "./slo-objectives.ts";

/**
 * Reads a budget in OpenSLO v1: a `Service` that names it and its invariants (annotation `matchday.dev/invariants`), and
 * `SLO`s whose annotations say measure, phase, unit, key and weight. Other kinds of OpenSLO are left alone.
 * @param name how to call it in problems, and its id when no `Service` names it: a file's name.
 * @returns the budget, or every problem in it.
 */
export function parseBudget(text: string, name: string): { budget: Budget } | { problems: Problem[] } {
  const lines = new LineCounter();
  const yamls = parseAllDocuments(text, { lineCounter: lines });
  const problems: Problem[] = [];
  const objectives: Objective[] = [];
  const budget: Budget = { id: idOf(name), title: idOf(name), objectives, invariants: [] };
  if (yamls.length === 0) problems.push({ code: "BUDGET_EMPTY", fact: `${name} is empty`, remedy: example });

  let named = false;
  for (const yaml of yamls) {
    const source = new SourceDocument(yaml, lines, name);
    problems.push(...source.syntaxProblems);
    if (source.syntaxProblems.length > 0 || source.isEmpty) continue;
    const document = source.document();
    if ("problems" in document) {
      problems.push(...document.problems);
      continue;
    }
    if (document.kind === "Service") {
      if (named) problems.push(source.problem(["kind"], "a budget has one Service"));
      named = true;
      budget.id = document.metadata.name;
      budget.title = document.metadata.displayName ?? document.metadata.name;
      budget.invariants = invariantsOf(document, source, problems);
    } else if (document.kind === "SLO") {
      const parsed = sloObjectives(document, source);
      problems.push(...parsed.problems);
      objectives.push(...parsed.objectives);
    }
  }
  problems.push(...repeatedIds(objectives, name));
  if (problems.length === 0 && objectives.length === 0 && budget.invariants.length === 0) {
    problems.push({
      code: "BUDGET_EMPTY",
      fact: `${name} judges nothing: it holds no SLO and no invariant`,
      remedy: example,
    });
  }
  return problems.length > 0 ? { problems } : { budget };
}

const example = "start from verdict/budgets/live-scores.yaml";

const idOf = (name: string) =>
  name
    .split("/")
    .at(-1)!
    .replace(/\.ya?ml$/, "");

function invariantsOf(document: Document, source: SourceDocument, problems: Problem[]): string[] {
  const path = ["metadata", "annotations", annotation("invariants")];
  const ids = (document.metadata.annotations[annotation("invariants")] ?? "")
    .split(",")
    .map((id) => id.trim())
    .filter(Boolean);
  const valid = invariants.map(({ id }) => id);
  for (const id of ids.filter((id) => !valid.includes(id))) {
    problems.push(
      source.problem(path, `there is no invariant "${id}"`, `the invariants are ${valid.join(", ")}`),
    );
  }
  return [...new Set(ids)];
}

function repeatedIds(objectives: readonly Objective[], name: string): Problem[] {
  const seen = new Set<string>();
  const repeated = objectives.filter(({ id }) => seen.size === seen.add(id).size).map(({ id }) => id);
  return [...new Set(repeated)].map((id) => ({
    code: "BUDGET_INVALID",
    fact: `${name}: objective "${id}" is there more than once`,
    remedy: "give each SLO a metadata.name of its own",
  }));
}
