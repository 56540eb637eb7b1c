import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { ExitCode, type Fact, MatchdayError, messageOf } from "../common/errors.ts";
import type { HistoryEntry } from "../common/journey.ts";
import type { AuditEntry } from "../common/presale.ts";
import { mostSavedBytes, readInput } from "../common/read-input.ts";
import type {
  Anomaly,
  CrowdFinal,
  CrowdInterval,
  JournalEntry,
  PartFigures,
  PublishedEvent,
} from "../common/records.ts";
import { readHistogramLog } from "./histogram-log.ts";
import { readHistory } from "./history.ts";
import { readJsonLines } from "./json-lines.ts";
import { lineSchemas } from "./record-schemas.ts";
import type { Damage, GeneratorRecord, RunRecord } from "./run-record.ts";
import { brokenSeals } from "./seal.ts";
import { readSpans } from "./spans.ts";
import { upgradeFigures } from "./upgrade-figures.ts";

/** What of `plan.json` the reader needs to know. */
interface PlanHead {
  startAtUs?: number;
  generators?: number;
  sealed?: boolean;
  crowd?: { journeys?: unknown[] };
  /** As plans had it in their first version. */
  presale?: object;
  system?: { script?: { presale?: object } };
}

/**
 * Reads a run folder back. What a crash leaves behind (a cut last line, a generator without its end, a file that was
 * never begun) is no error: it is told in `damage`, and the verdict judges what it means.
 * @throws MatchdayError RUN_NOT_FOUND, RUN_INCOMPLETE (no readable plan), RUN_UNREADABLE
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const names = await listFolder(folder);
  const plan = await readPlanHead(folder, names);
  const damage: Damage[] = [];
  const missing = (file: string) => damage.push({ file, code: "FILE_MISSING", fact: `${file} is missing` });
  const wrong = (file: string, problems: Fact[]) =>
    damage.push(...problems.map((problem) => ({ file, ...problem })));
  const lines = async <T>(name: string, schema: z.ZodType, required: boolean): Promise<T[]> => {
    if (!names.includes(name)) {
      if (required) missing(name);
      return [];
    }
    const { entries, problems } = readJsonLines<T>(await readText(folder, name), name, schema);
    wrong(name, problems);
    return entries;
  };

  const generators: GeneratorRecord[] = [];
  for (const generator of generatorsOf(names, plan)) {
    generators.push(await readGenerator(generator));
  }
  const record: RunRecord = {
    published: await lines<PublishedEvent>("published.jsonl", lineSchemas.published, true),
    journal: await lines<JournalEntry>("journal.jsonl", lineSchemas.journal, true),
    generators,
    stack: (await lines<PartFigures>("stack.jsonl", lineSchemas.stack, false)).map(upgradeFigures),
    anomalies: await lines<Anomaly>("anomalies.jsonl", lineSchemas.anomalies, false),
    // They explain and are not judged: what is broken in them is no damage to the run.
    spans: names.includes("spans.jsonl") ? await reading(join(folder, "spans.jsonl"), readSpans) : [],
    ...(plan.crowd?.journeys ? { history: await readHistories() } : {}),
    ...((plan.presale ?? plan.system?.script?.presale)
      ? { audit: await lines<AuditEntry>("audit.jsonl", lineSchemas.audit, true) }
      : {}),
    damage,
  };
  const told = new Set(damage.map(({ file }) => file));
  const broken = await reading(folder, (path) => brokenSeals(path, plan.sealed === true));
  damage.push(...broken.filter(({ file }) => !told.has(file)));
  return record;

  /** What the generators wrote, merged; or each by itself, where the run ended before that. */
  async function readHistories(): Promise<HistoryEntry[]> {
    const parts = names.filter((name) => /^history-\d+\.jsonl$/.test(name));
    const found = names.includes("history.jsonl") ? ["history.jsonl"] : parts;
    if (found.length === 0) missing("history.jsonl");
    const entries: HistoryEntry[] = [];
    for (const name of found) {
      const read = await reading(join(folder, name), (path) => readHistory(path, name));
      wrong("history.jsonl", read.problems);
      for (const entry of read.entries) entries.push(entry);
    }
    return entries;
  }

  async function readGenerator(generator: number): Promise<GeneratorRecord> {
    const records = await lines<CrowdInterval | { final: CrowdFinal }>(
      `crowd-${generator}.jsonl`,
      lineSchemas.crowd,
      true,
    );
    const name = `crowd-${generator}.hlog`;
    if (!names.includes(name)) missing(name);
    const log = readHistogramLog(
      names.includes(name) ? await readText(folder, name) : "",
      plan.startAtUs ?? 0,
    );
    if (log.badLines.length > 0) {
      damage.push({
        file: name,
        code: "LINE_UNREADABLE",
        fact: `${name} has no whole histogram in line ${listed(log.badLines)}`,
      });
    }
    if (log.gaveUp) {
      const fact = `${name} has too many lines that are no histogram: the rest is not read`;
      damage.push({ file: name, code: "LINES_INVALID", fact });
    }
    const finals = records.filter((record): record is { final: CrowdFinal } => "final" in record);
    if (finals.length > 1) {
      const file = `crowd-${generator}.jsonl`;
      damage.push({ file, code: "FINAL_TWICE", fact: `${file} has ${finals.length} final records` });
    }
    return {
      generator,
      intervals: records
        .filter((record): record is CrowdInterval => "index" in record)
        .sort((a, b) => a.index - b.index),
      hlog: log.entries,
      final: finals[0]?.final,
    };
  }
}

function listed(numbers: number[]): string {
  const shown = numbers.slice(0, 5).join(", ");
  return numbers.length > 5 ? `${shown} and ${numbers.length - 5} more` : shown;
}

/** The generators that were planned, and any that left a file. */
function generatorsOf(names: string[], plan: PlanHead): number[] {
  const found = names.map((name) => /^crowd-(\d+)\.(?:jsonl|hlog)$/.exec(name)?.[1]);
  const numbers = new Set(found.filter((digits) => digits !== undefined).map(Number));
  for (let generator = 0; generator < (plan.generators ?? 0); generator++) numbers.add(generator);
  return [...numbers].sort((a, b) => a - b);
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new MatchdayError("RUN_NOT_FOUND", `${folder} is no run folder: ${messageOf(cause)}`, {
      hint: "give the path of a run, such as runs/latest",
      exitCode: ExitCode.usage,
      cause,
    });
  }
}

async function readPlanHead(folder: string, names: string[]): Promise<PlanHead> {
  if (!names.includes("plan.json")) {
    throw new MatchdayError("RUN_NOT_FOUND", `${folder} is no run folder: it holds no plan.json`, {
      hint: "give the path of a run, such as runs/latest",
      exitCode: ExitCode.usage,
    });
  }
  try {
    const plan: unknown = JSON.parse(await readText(folder, "plan.json"));
    if (typeof plan === "object" && plan !== null) return plan as PlanHead;
    throw new Error("it holds no object");
  } catch (cause) {
    if (cause instanceof MatchdayError) throw cause;
    throw new MatchdayError("RUN_INCOMPLETE", `plan.json of ${folder} is not whole: ${messageOf(cause)}`, {
      hint: "the run ended before it began; run it again",
      exitCode: ExitCode.unknown,
      cause,
    });
  }
}

const readText = (folder: string, name: string): Promise<string> =>
  reading(join(folder, name), (path) => readInput(path, { mostBytes: mostSavedBytes, strict: false }));

async function reading<T>(path: string, read: (path: string) => T | Promise<T>): Promise<T> {
  try {
    return await read(path);
  } catch (cause) {
    throw new MatchdayError("RUN_UNREADABLE", `${path} cannot be read: ${messageOf(cause)}`, {
      hint: "see that it belongs to you, and is as it was saved",
      exitCode: ExitCode.unknown,
      cause,
    });
  }
}
