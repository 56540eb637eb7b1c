/** Writes `docs/verdict.schema.json`: `npm run schema`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../common/paths.ts";
import { verdictSchema } from "./verdict-schema.ts";

writeFileSync(join(projectRoot, "docs/verdict.schema.json"), `${JSON.stringify(verdictSchema(), null, 2)}\n`);
