import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { mostPlanBytes, readInput } from "../common/read-input.ts";
import type { Damage } from "./run-record.ts";

/**
 * `seal.json`: the files that a run is judged from, as they were when it ended. Lines that were lost between two others, a file of
 * another run, a value that was changed: none of them can be seen in the file itself.
 */
const sealFile = "seal.json";

const schema = z.object({
  version: z.literal(1),
  files: z.record(z.string(), z.object({ bytes: z.int().nonnegative(), sha256: z.string() })),
});
type Seal = z.infer<typeof schema>;

/** What explains and is not judged (spans, logs), and what is made from the rest (verdict, reports), is not in it. */
const judged =
  /^(plan\.json|(published|journal|stack|anomalies|audit|history(-\d+)?)\.jsonl|crowd-\d+\.(jsonl|hlog))$/;

/** Seals a run folder whose last line has been written. */
export async function sealRun(folder: string): Promise<void> {
  const files: Seal["files"] = {};
  for (const name of (await readdir(folder)).filter((each) => judged.test(each)).sort()) {
    files[name] = await digestOf(join(folder, name));
  }
  const seal: Seal = { version: 1, files };
  await writeFile(join(folder, sealFile), `${JSON.stringify(seal, null, 2)}\n`);
}

/**
 * Where a run folder is other than it was sealed.
 * @param isSealed whether its plan says that it is to be: runs from before there were seals have none
 */
export async function brokenSeals(folder: string, isSealed: boolean): Promise<Damage[]> {
  const names = await readdir(folder);
  if (!names.includes(sealFile)) {
    const fact = `${sealFile} is missing: what ended the run did not close it`;
    return isSealed ? [{ file: sealFile, code: "FILE_MISSING", fact }] : [];
  }
  const seal = readSeal(join(folder, sealFile));
  if (!seal) {
    return [
      { file: sealFile, code: "SEAL_UNREADABLE", fact: `${sealFile} is not whole, or of another version` },
    ];
  }
  const damage: Damage[] = names
    .filter((name) => judged.test(name) && !Object.hasOwn(seal.files, name))
    .map((file) => ({ file, code: "FILE_CHANGED", fact: `${file} was not there when the run ended` }));
  for (const [file, { bytes, sha256 }] of Object.entries(seal.files)) {
    if (!names.includes(file)) {
      damage.push({ file, code: "FILE_MISSING", fact: `${file} is missing` });
      continue;
    }
    const now = await digestOf(join(folder, file));
    if (now.sha256 === sha256) continue;
    const size = now.bytes === bytes ? "" : `: it had ${count(bytes)} bytes, and has ${count(now.bytes)}`;
    damage.push({ file, code: "FILE_CHANGED", fact: `${file} is not as it was when the run ended${size}` });
  }
  return damage;
}

const count = (bytes: number) => bytes.toLocaleString("en-US");

function readSeal(file: string): Seal | undefined {
  try {
    return schema.parse(JSON.parse(readInput(file, { mostBytes: mostPlanBytes, strict: false })));
  } catch {
    return undefined;
  }
}

async function digestOf(file: string): Promise<Seal["files"][string]> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return { bytes: (await stat(file)).size, sha256: hash.digest("hex") };
}
