import { MatchdayError } from "../../../common/errors.ts";
import { within } from "../../service-kit/within.ts";
import { type Engine, engineWord, statusOf } from "./engine.ts";
import { variableOfImage } from "./images.ts";

export interface ImageState {
  name: string;
  state: "present" | "obtainable" | "unobtainable";
  /** The engine's word, where it cannot be had. */
  detail?: string;
}

/** A registry that is far away answers within a second; one that is not there is found out by then too. */
const registryWithinMs = 4000;

/** Which images the engine has, and which of the others their registries would give it. */
export function imageState(engine: Engine, names: string[]): Promise<ImageState[]> {
  return Promise.all([...new Set(names)].map((name) => stateOf(engine, name)));
}

async function stateOf(engine: Engine, name: string): Promise<ImageState> {
  const image = engine.docker.getImage(await fullName(name));
  try {
    await image.inspect();
    return { name, state: "present" };
  } catch (error) {
    if (statusOf(error) !== 404) return { name, state: "unobtainable", detail: engineWord(error) };
  }
  try {
    await within(
      image.distribution(),
      registryWithinMs,
      `its registry gives no answer within ${registryWithinMs} ms`,
    );
    return { name, state: "obtainable" };
  } catch (error) {
    return { name, state: "unobtainable", detail: engineWord(error) };
  }
}

/** With the registry that `TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX` puts before it. */
async function fullName(name: string): Promise<string> {
  const { ImageName } = await import("testcontainers");
  return ImageName.fromString(name).string;
}

/**
 * Pulls what is not there yet.
 * @throws MatchdayError IMAGE_UNAVAILABLE, before anything is pulled, with all that cannot be had
 */
export async function ensureImages(
  engine: Engine,
  names: string[],
  onProgress: (text: string) => void = () => {},
): Promise<void> {
  const states = await imageState(engine, names);
  const missing = states.filter(({ state }) => state === "unobtainable");
  if (missing.length > 0) throw imageUnavailable(missing);
  const { ImageName } = await import("testcontainers");
  for (const { name, state } of states) {
    if (state === "present") continue;
    onProgress(`pulling ${name}`);
    try {
      const image = ImageName.fromString(name);
      await engine.client.image.pull(image);
      // A pull that breaks off ends as one that has succeeded.
      await engine.docker.getImage(image.string).inspect();
    } catch (error) {
      throw imageUnavailable([{ name, state: "unobtainable", detail: engineWord(error) }]);
    }
  }
}

export function imageUnavailable(missing: ImageState[]): MatchdayError {
  const facts = missing.map(({ name, detail }) => (detail === undefined ? name : `${name} (${detail})`));
  const variables = missing.flatMap(({ name }) => variableOfImage(name) ?? []);
  const replace = variables.length > 0 ? `, or name other images in ${variables.join(", ")}` : "";
  return new MatchdayError("IMAGE_UNAVAILABLE", `images that the engine cannot get: ${facts.join("; ")}`, {
    hint: `see that the engine reaches the registry, or load them with docker load${replace}, or use --stack local`,
  });
}
