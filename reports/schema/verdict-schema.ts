import { join } from "node:path";
import { createGenerator } from "ts-json-schema-generator";
import { projectRoot } from "../../common/paths.ts";

/**
 * The JSON Schema of `verdict.json`, made of its type: what is in `verdict/contract.ts` stands in it, with its comments, and
 * nothing else. Takes some seconds, and a development dependency.
 */
export function verdictSchema(): Record<string, unknown> {
  const {
    $schema: _,
    definitions,
    ...verdict
  } = createGenerator({
    path: join(projectRoot, "verdict/contract.ts"),
    tsconfig: join(projectRoot, "tsconfig.json"),
    type: "Verdict",
    topRef: false,
    // `npm run types` has checked them, with a newer compiler.
    skipTypeCheck: true,
  }).createSchema("Verdict");
  return JSON.parse(
    JSON.stringify({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "The verdict on a run of Matchday: verdict.json, schema matchday.verdict/2",
      description: "Every duration is in milliseconds, and names carry units.",
      ...verdict,
      $defs: definitions,
    }).replaceAll("#/definitions/", "#/$defs/"),
  );
}
