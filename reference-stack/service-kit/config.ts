import { z } from "zod";
import { ExitCode, MatchdayError } from "../../common/errors.ts";

const port = z.coerce.number().int().min(1).max(65_535);

/** What every service is told. */
export const servicePorts = {
  HOST: z.string().default("127.0.0.1"),
  PORT: port,
  METRICS_PORT: port,
  /** What all parts of a stack know, and nobody else: who has it may give orders. */
  CONTROL_TOKEN: z.string().min(16).max(256),
};

export const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)), {
    error: `expected a URL that begins with ${protocols.map((name) => `${name}://`).join(" or ")}`,
  });

export const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);

/**
 * Reads a service's configuration from its environment.
 * @throws MatchdayError CONFIG_INVALID that names every variable that is wrong
 */
export function readConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: NodeJS.ProcessEnv,
): z.infer<z.ZodObject<Shape>> {
  const parsed = z.object(shape).safeParse(env);
  if (parsed.success) return parsed.data;
  const facts = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    if (env[name] === undefined) return `${name} is not set`;
    if (/(TOKEN|SECRET)$/.test(name)) return `${name}: ${message}`;
    return `${name}="${env[name].replace(/\/\/.*@/, "//…@")}": ${message}`;
  });
  throw new MatchdayError("CONFIG_INVALID", facts.join("; "), {
    hint: "set these environment variables; reference-stack/README.md lists them",
    exitCode: ExitCode.usage,
  });
}
