import type { RedisLink } from "../../service-kit/redis-link.ts";
import { LuaScript } from "./script.ts";

const script = new LuaScript("lease");

/**
 * One of several workers does a job at a time. What it does must be safe twice all the same: a worker that stood still
 * for longer than `silentMs` may not know yet that another has the job.
 */
export class JobLease {
  readonly #link: RedisLink;
  readonly #worker: string;
  readonly #silentMs: number;

  constructor(link: RedisLink, worker: string, silentMs = 2000) {
    this.#link = link;
    this.#worker = worker;
    this.#silentMs = silentMs;
  }

  /** @returns whether the job under this key is this worker's now */
  async keep(key: string): Promise<boolean> {
    return (await this.#set(key, this.#silentMs)) === 1;
  }

  async letGo(key: string): Promise<void> {
    await this.#set(key, 0);
  }

  #set(key: string, ms: number): Promise<unknown> {
    return this.#link.call("lease", (client) => script.run(client, [key], [this.#worker, ms]));
  }
}
