import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { makeFolder } from "../../../common/make-folder.ts";
import type { Engine } from "./engine.ts";

/** An engine sends a container's two outputs in one stream: a header of 8 bytes, length last, before each piece. */
const headerBytes = 8;

export function textOf(mixed: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + headerBytes <= mixed.length; ) {
    const length = mixed.readUInt32BE(at + 4);
    pieces.push(mixed.subarray(at + headerBytes, at + headerBytes + length));
    at += headerBytes + length;
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** The last lines of what a container has said; all of them unless told. */
export async function readLog(
  { docker }: Engine,
  container: string,
  { tail, sinceS }: { tail?: number; sinceS?: number } = {},
): Promise<string> {
  const log = docker.getContainer(container).logs({
    stdout: true,
    stderr: true,
    follow: false,
    ...(tail === undefined ? {} : { tail }),
    ...(sinceS === undefined ? {} : { since: sinceS }),
  });
  return textOf(await log);
}

/** What a container says from now on, after its last `tail` lines; ends with the container, or when it is destroyed. */
export async function followLog({ docker }: Engine, container: string, tail: number): Promise<Readable> {
  const log = await docker.getContainer(container).logs({ stdout: true, stderr: true, follow: true, tail });
  const text = new PassThrough();
  docker.modem.demuxStream(log, text, text);
  log.on("end", () => text.end());
  log.on("error", (error) => text.destroy(error));
  text.on("close", () => (log as unknown as Readable).destroy());
  return text;
}

/** Writes `<part>.log` of each; a log that cannot be had is no reason to fail what has ended. */
export async function saveLogs(
  engine: Engine,
  folder: string,
  containers: Iterable<[part: string, id: string]>,
  sinceS?: number,
): Promise<void> {
  makeFolder(folder);
  await Promise.allSettled(
    [...containers].map(async ([part, id]) =>
      writeFileSync(
        join(folder, `${part}.log`),
        await readLog(engine, id, sinceS === undefined ? {} : { sinceS }),
      ),
    ),
  );
}
