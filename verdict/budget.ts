import type { Problem } from "../common/errors.ts";
import type { Allowance } from "../common/experiment.ts";
import type { Budget, Objective } from "./contract.ts";
import { ofNothing, readAnnotations } from "./open-slo/annotations.ts";
import { readSlo } from "./open-slo/objectives.ts";
import { annotation, type Document, readDocument, type Service } from "./open-slo/schema.ts";
import { readService } from "./open-slo/service.ts";
import { readSource, type SourceDocument } from "./open-slo/source.ts";

interface Read {
  document: Document;
  source: SourceDocument;
}

/**
 * Reads a budget in OpenSLO v1: `SLO`s, the `SLI`s and `DataSource`s that they refer to, in any order, and `Service`s whose
 * annotations say what holds for the whole budget (invariants, allowances). Alerts are left to others.
 * @param name how to call it in problems, and its id unless one `Service` names it: a file's name.
 * @returns the budget, or every problem in it.
 */
export function parseBudget(text: string, name: string): { budget: Budget } | { problems: Problem[] } {
  const { documents, problems } = readSource(text, name);
  const empty = (fact: string) => ({ problems: [{ code: "BUDGET_EMPTY", fact, remedy: example }] });
  if (documents.length === 0 && problems.length === 0) return empty(`${name} is empty`);

  const read: Read[] = [];
  for (const source of documents) {
    const result = readDocument(source);
    if ("problems" in result) problems.push(...result.problems);
    else read.push({ document: result.document, source });
  }
  const repeated = repeatedNames(read);
  problems.push(...repeated.map(({ problem }) => problem));
  const again = new Set(repeated.map(({ source }) => source));
  const once = read.filter(({ source }) => !again.has(source));
  const budget = budgetOf(once, name, problems);
  if (problems.length > 0) return { problems: firstOf(problems, name) };
  return budget.objectives.length === 0 && budget.invariants.length === 0
    ? empty(`${name} judges nothing: it holds no SLO and no invariant`)
    : { budget };
}

/** More are told as their number: most of them follow from the first. */
const mostTold = 20;

function firstOf(problems: Problem[], name: string): Problem[] {
  const more = problems.length - mostTold;
  if (more <= 0) return problems;
  const fact = `${name} has ${more.toLocaleString("en")} more problems`;
  return [
    ...problems.slice(0, mostTold),
    { code: "BUDGET_INVALID", fact, remedy: "correct those above first" },
  ];
}

const example = "start from verdict/budgets/live-scores.yaml";

function budgetOf(read: readonly Read[], name: string, problems: Problem[]): Budget {
  const services: Service[] = [];
  const objectives: Objective[] = [];
  const invariants = new Set<string>();
  const allowances: Allowance[] = [];
  let untested: Budget["untested"];
  const references = referencesOf(read);
  for (const { document, source } of read) {
    if (document.kind === "Service") {
      services.push(document);
      const told = readService(document, source);
      problems.push(...told.problems);
      for (const id of told.invariants) invariants.add(id);
      problems.push(...allowedTwice(told.allowances, allowances, source));
      allowances.push(...told.allowances);
      untested ??= told.untested;
    } else if (document.kind === "SLI") {
      const told = readAnnotations(document.metadata.annotations, ofNothing, source);
      if ("problems" in told) problems.push(...told.problems);
    } else if (document.kind === "SLO") {
      const told = readSlo(document, source, references);
      problems.push(...told.problems);
      problems.push(...repeatedIds(told.objectives, objectives, source));
      objectives.push(...told.objectives);
    }
  }
  const [service, ...others] = services;
  const only = others.length === 0 ? service?.metadata : undefined;
  return {
    id: only?.name ?? idOf(name),
    title: only?.displayName ?? only?.name ?? idOf(name),
    objectives,
    invariants: [...invariants],
    ...(allowances.length > 0 ? { allowances } : {}),
    ...(untested ? { untested } : {}),
  };
}

function referencesOf(read: readonly Read[]) {
  return {
    sli(name: string) {
      for (const { document, source } of read) {
        if (document.kind === "SLI" && document.metadata.name === name)
          return { spec: document.spec, source };
      }
      return undefined;
    },
    typeOf(name: string) {
      for (const { document } of read) {
        if (document.kind === "DataSource" && document.metadata?.name === name) return document.spec?.type;
      }
      return undefined;
    },
  };
}

const idOf = (name: string) =>
  name
    .split("/")
    .at(-1)!
    .replace(/\.ya?ml$/, "");

/** Two of a kind with one name: nobody knows which is meant. */
function repeatedNames(read: readonly Read[]): { source: SourceDocument; problem: Problem }[] {
  const seen = new Set<string>();
  return read.flatMap(({ document, source }) => {
    const { kind } = document;
    // Of alerts nothing is read.
    const name =
      kind === "SLO" || kind === "SLI" || kind === "Service" || kind === "DataSource"
        ? document.metadata?.name
        : undefined;
    if (name === undefined) return [];
    const what = `${kind} "${name}"`;
    if (seen.size !== seen.add(what).size) return [];
    const problem = source.problem(
      ["metadata", "name"],
      `${what} is there more than once`,
      "give each a metadata.name of its own",
    );
    return [{ source, problem }];
  });
}

/** Two Services that allow one fault something: nobody knows which of them holds. */
function allowedTwice(
  these: readonly Allowance[],
  before: readonly Allowance[],
  source: SourceDocument,
): Problem[] {
  return these
    .filter(({ fault }) => before.some((other) => other.fault === fault))
    .map(({ fault }) =>
      source.problem(
        ["metadata", "annotations", annotation("allow")],
        `${annotation("allow")}: ${fault} is there more than once`,
        "say in one Service what that fault may cost",
      ),
    );
}

/** An SLO of several objectives makes ids that another SLO may have for a name. */
function repeatedIds(
  these: readonly Objective[],
  before: readonly Objective[],
  source: SourceDocument,
): Problem[] {
  return these
    .filter(({ id }) => before.some((other) => other.id === id))
    .map(({ id }) =>
      source.problem(
        ["metadata", "name"],
        `objective "${id}" is there more than once`,
        "give each SLO a metadata.name of its own",
      ),
    );
}
