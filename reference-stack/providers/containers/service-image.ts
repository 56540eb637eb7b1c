import { createHash, randomBytes } from "node:crypto";
import { cpSync, globSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, matchesGlob } from "node:path";
import { MatchdayError, messageOf } from "../../../common/errors.ts";
import { projectRoot } from "../../../common/paths.ts";
import { type Engine, engineWord } from "./engine.ts";
import { imageOf } from "./images.ts";
import { labels } from "./labels.ts";

/** With a registry in its name no prefix of Testcontainers' is put before it, and nobody looks for it elsewhere. */
const repository = "localhost/matchday/services";
/** npm's packages are fetched in it, on a slow connection too. */
const buildWithinMs = 600_000;

interface BuildLine {
  stream?: string;
  error?: string;
}

/**
 * The image of the services: named by what it is made from, and built when the engine does not have it.
 * @throws MatchdayError IMAGE_BUILD_FAILED with the builder's last lines
 */
export async function serviceImage(
  engine: Engine,
  onProgress: (text: string) => void = () => {},
  signal?: AbortSignal,
): Promise<string> {
  const name = serviceImageName();
  if (await serviceImageThere(engine)) return name;
  try {
    await build(engine, name, onProgress, signal);
  } finally {
    await removeOlder(engine).catch(() => {});
  }
  return name;
}

export async function serviceImageThere({ docker }: Engine): Promise<boolean> {
  return (await docker.listImages({ filters: { reference: [serviceImageName()] } })).length > 0;
}

/** Changes with every file that goes in, and with what it is built on. */
export function serviceImageName(): string {
  const hash = createHash("sha256").update(imageOf("node"));
  for (const file of contextFiles()) hash.update(`\0${file}\0`).update(readFileSync(join(projectRoot, file)));
  return `${repository}:${hash.digest("hex").slice(0, 16)}`;
}

/** What `.dockerignore` lets through, with the Dockerfile. */
export function contextFiles(): string[] {
  const lines = readFileSync(join(projectRoot, ".dockerignore"), "utf8").split("\n");
  const patterns = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const roots = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  const left = patterns.filter((pattern) => pattern !== "*" && !pattern.startsWith("!"));
  const isLeft = (path: string) => left.some((pattern) => matchesGlob(path, pattern));
  const found = globSync(
    roots.flatMap((root) => [root, `${root}/**`]),
    {
      cwd: projectRoot,
      withFileTypes: true,
      exclude: (entry) => isLeft(join(entry.parentPath, entry.name).slice(projectRoot.length + 1)),
    },
  );
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length + 1));
  return [...new Set([...files.filter((file) => !isLeft(file)), "Dockerfile"])].sort();
}

async function build(
  engine: Engine,
  name: string,
  onProgress: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const timeUp = AbortSignal.timeout(buildWithinMs);
  const context = join(tmpdir(), `matchday-image-${randomBytes(5).toString("hex")}`);
  const lines: string[] = [];
  let failure: string | undefined;
  try {
    for (const file of contextFiles()) cpSync(join(projectRoot, file), join(context, file));
    const stream = await engine.docker.buildImage(
      { context, src: ["."] },
      {
        t: name,
        buildargs: { NODE_IMAGE: imageOf("node") },
        labels: { [labels.image]: "services" },
        rm: true,
        forcerm: true,
        abortSignal: signal ? AbortSignal.any([signal, timeUp]) : timeUp,
      },
    );
    await new Promise<void>((resolve, reject) => {
      engine.docker.modem.followProgress(
        stream,
        (error) => (error ? reject(error) : resolve()),
        ({ stream: text = "", error = "" }: BuildLine) => {
          if (error !== "") failure = error;
          lines.push(...(text + error).split("\n").filter((line) => line.trim() !== ""));
          const step = /^Step (\d+\/\d+)/.exec(text)?.[1];
          if (step) onProgress(`building the services' image, step ${step}`);
        },
      );
    });
    // The stream of a build that has failed ends as one that has not.
    if (failure !== undefined) throw new Error(failure);
  } catch (error) {
    signal?.throwIfAborted();
    const last = lines.slice(-10).join("\n");
    throw new MatchdayError(
      "IMAGE_BUILD_FAILED",
      `the services' image cannot be built: ${engineWord(error) || messageOf(error)}${last === "" ? "" : `\n${last}`}`,
      { hint: "see what docker build . says, or use --stack local", cause: error },
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** So many branches take turns without a build. */
const keptImages = 3;

/** Removes earlier images of ours, named and unnamed; one that a container uses is refused, and goes another time. */
async function removeOlder({ docker }: Engine): Promise<void> {
  const ours = await docker.listImages({ filters: { label: [labels.image] } });
  const byKind = Map.groupBy(ours, ({ Labels }) => Labels[labels.image]);
  const older = [...byKind.values()].flatMap((images) =>
    images.toSorted((one, other) => other.Created - one.Created).slice(keptImages),
  );
  await Promise.allSettled(
    older.flatMap(({ Id, RepoTags }) => {
      const names = (RepoTags ?? []).filter((name) => name !== "<none>:<none>");
      return (names.length > 0 ? names : [Id]).map((name) => docker.getImage(name).remove());
    }),
  );
}
