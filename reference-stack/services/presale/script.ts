import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { messageOf } from "../../../common/errors.ts";
import type { RedisClient } from "../../service-kit/redis-link.ts";

/** A script of `lua/`: all that it does is done at once, or not at all. */
export class LuaScript {
  readonly name: string;
  readonly #source: string;
  readonly #sha: string;

  constructor(name: string) {
    this.name = name;
    this.#source = readFileSync(new URL(`lua/${name}.lua`, import.meta.url), "utf8");
    this.#sha = createHash("sha1").update(this.#source).digest("hex");
  }

  /** Sends its digest alone; the whole of it where Redis does not know it (yet, or any more). */
  async run(client: RedisClient, keys: string[], args: (string | number)[]): Promise<unknown> {
    const options = { keys, arguments: args.map(String) };
    try {
      return await client.evalSha(this.#sha, options);
    } catch (error) {
      if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
      return client.eval(this.#source, options);
    }
  }
}
