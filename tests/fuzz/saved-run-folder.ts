import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeHistogram } from "../../measurements/histograms.ts";
import type { RunRecord } from "../../measurements/run-record.ts";
import type { Plan } from "../../verdict/plan.ts";
import { healthyPresale } from "../../verdict/testing/presale-record.ts";
import { healthyRun } from "../../verdict/testing/record.ts";

/** A run folder as text, file by file. */
export type FolderText = Record<string, string>;

const lines = (entries: readonly unknown[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");

function folderOf({ plan, record }: { plan: Plan; record: RunRecord }): FolderText {
  const files: FolderText = {
    "plan.json": `${JSON.stringify(plan, null, 2)}\n`,
    "published.jsonl": lines(record.published),
    "journal.jsonl": lines(record.journal),
    "stack.jsonl": lines(record.stack),
    "anomalies.jsonl": lines([
      { kind: "lost", client: 1, stream: "match:final", seq: 2, atMs: 5000 },
      ...record.anomalies,
    ]),
    "spans.jsonl": lines(record.spans),
    ...(record.history ? { "history.jsonl": lines(record.history) } : {}),
    ...(record.audit ? { "audit.jsonl": lines(record.audit) } : {}),
  };
  for (const { generator, intervals, hlog, final } of record.generators) {
    files[`crowd-${generator}.jsonl`] = lines([...intervals, ...(final ? [{ final }] : [])]);
    files[`crowd-${generator}.hlog`] = hlog
      .map(
        ({ fromMs, toMs, key, histogram }) =>
          `Tag=${key},${fromMs / 1000},${(toMs - fromMs) / 1000},1.0,${encodeHistogram(histogram)}\n`,
      )
      .join("");
  }
  return files;
}

export const savedRuns = (): FolderText[] => [
  folderOf(healthyRun({ clients: 20, generators: 1 })),
  folderOf(healthyPresale({ clients: 20 })),
];

export function writeFolder(folder: string, files: FolderText): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
