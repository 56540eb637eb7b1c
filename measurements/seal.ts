import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../common/errors.ts";
import { mostPlanBytes, openInput, readInput } from "../common/read-input.ts";
import type { Damage } from "./run-record.ts";

/**
 * `seal.json`: the files that a run is judged from, as they were when it ended. Lines that were lost between two others, a file of
 * another run, a value that was changed: none of them can be seen in the file itself.
 */
const sealFile = "seal.json";

/** What explains and is not judged (spans, logs), and what is made from the rest (verdict, reports), is not in it. */
const judged =
  /^(plan\.json|(published|journal|stack|anomalies|audit|history(-\d+)?)\.jsonl|crowd-\d+\.(jsonl|hlog))$/;

const schema = z.object({
  version: z.literal(1),
  files: z.record(z.string().regex(judged), z.object({ bytes: z.int().nonnegative(), sha256: z.string() })),
});
type Seal = z.infer<typeof schema>;
type Sealed = Seal["files"][string];

/** Large enough that a gigabyte is a thousand reads. */
const chunkBytes = 1 << 20;

/** Seals a run folder whose last line has been written. */
export async function sealRun(folder: string): Promise<void> {
  const files: Seal["files"] = {};
  for (const name of (await readdir(folder)).filter((each) => judged.test(each)).sort()) {
    files[name] = await digestOf(openInput(join(folder, name)));
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
  for (const [file, sealed] of Object.entries(seal.files)) {
    if (!names.includes(file)) {
      damage.push({ file, code: "FILE_MISSING", fact: `${file} is missing` });
      continue;
    }
    const change = await changeOf(join(folder, file), sealed);
    if (change === undefined) continue;
    damage.push({ file, code: "FILE_CHANGED", fact: `${file} is not as it was when the run ended${change}` });
  }
  return damage;
}

/** How a file is other than it was sealed, as the end of a sentence; undefined when it is not. */
async function changeOf(path: string, { bytes, sha256 }: Sealed): Promise<string | undefined> {
  let handle: number;
  try {
    handle = openInput(path);
  } catch (error) {
    return `: ${messageOf(error)}`;
  }
  const now = await digestOf(handle, bytes);
  if (now.bytes > bytes) return `: it had ${count(bytes)} bytes, and has more`;
  if (now.bytes < bytes) return `: it had ${count(bytes)} bytes, and has ${count(now.bytes)}`;
  return now.sha256 === sha256 ? undefined : "";
}

const count = (bytes: number) => bytes.toLocaleString("en-US");

function readSeal(file: string): Seal | undefined {
  try {
    return schema.parse(JSON.parse(readInput(file, { mostBytes: mostPlanBytes, strict: false })));
  } catch {
    return undefined;
  }
}

/** Closes what it reads. Of a file that is larger than it may be, the rest is left: it might have no end. */
async function digestOf(handle: number, mostBytes = Number.POSITIVE_INFINITY): Promise<Sealed> {
  const hash = createHash("sha256");
  let bytes = 0;
  const chunks: AsyncIterable<Buffer> = createReadStream("", { fd: handle, highWaterMark: chunkBytes });
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes) break;
  }
  return { bytes, sha256: hash.digest("hex") };
}
