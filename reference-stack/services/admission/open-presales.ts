import type { RedisClient, RedisLink } from "../../service-kit/redis-link.ts";
import { admissionsEntry } from "../presale/admissions.ts";
import { askRedis } from "../presale/redis-away.ts";
import { presaleKeys, presaleNames } from "../presale/redis-names.ts";
import { LuaScript } from "../presale/script.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import { openSeats } from "../presale/seats-open.ts";
import { PresaleRun } from "./presale-run.ts";

const open = new LuaScript("open");
const keysAtOnce = 1000;

/** The presales that there are: Redis has them, and a controller that starts again goes on with them. */
export class OpenPresales {
  readonly runs = new Map<string, PresaleRun>();
  readonly #redis: () => Pick<RedisLink, "call">;
  #opening: Promise<unknown> = Promise.resolve();

  constructor(redis: () => Pick<RedisLink, "call">) {
    this.#redis = redis;
  }

  #ask<T>(name: string, ask: (client: RedisClient) => Promise<T>): Promise<T> {
    return askRedis(this.#redis(), name, ask);
  }

  /** Reads what there is; what is known already stays as it is. */
  async load(): Promise<void> {
    const events = await this.#ask("presales", (client) => client.sMembers(presaleNames.events));
    for (const event of this.runs.keys()) if (!events.includes(event)) this.runs.delete(event);
    for (const event of events) {
      if (this.runs.has(event)) continue;
      const keys = presaleKeys(event);
      const [json, soldOut] = await this.#ask("script", (client) => client.mGet([keys.script, keys.soldOut]));
      if (!json) continue;
      const run = new PresaleRun(JSON.parse(json) as OpenPresale);
      if (soldOut) run.soldOutAtUs = Number(soldOut);
      const newest = await this.#ask("last", (client) =>
        client.xRevRange(keys.admissions, "+", "-", { COUNT: 1 }),
      );
      if (newest?.[0]) run.resumeAt(admissionsEntry(newest[0].id, newest[0].message).perSecond);
      this.runs.set(event, run);
    }
  }

  /** One after the other. @returns `undefined` when there is one of that event already */
  open(presale: OpenPresale): Promise<PresaleRun | undefined> {
    const opened = this.#opening.then(() => this.#open(presale));
    this.#opening = opened.catch(() => {});
    return opened;
  }

  async #open(presale: OpenPresale): Promise<PresaleRun | undefined> {
    const { event } = presale;
    const { script } = presaleKeys(event);
    if (await this.#ask("exists", (client) => client.exists(script))) return undefined;
    // What one that was closed half may have left. Seats come first: whoever hears of a presale finds them.
    await this.#clear(event);
    await this.#ask("open_seats", (client) => openSeats(client, presale));
    const args = [event, JSON.stringify(presale)];
    const opened = await this.#ask("open", (client) => open.run(client, [presaleNames.events, script], args));
    if (opened !== 1) return undefined;
    const run = new PresaleRun(presale);
    this.runs.set(event, run);
    return run;
  }

  /** Takes away all that there is of a presale; the script first, so that nobody joins meanwhile. */
  async close(event: string): Promise<void> {
    await this.#ask("close", (client) =>
      client.multi().sRem(presaleNames.events, event).unlink(presaleKeys(event).script).exec(),
    );
    this.runs.delete(event);
    await this.#clear(event);
  }

  async #clear(event: string): Promise<void> {
    let cursor = "0";
    do {
      const page = await this.#ask("scan", (client) =>
        client.scan(cursor, { MATCH: `presale:${event}:*`, COUNT: keysAtOnce }),
      );
      cursor = page.cursor;
      if (page.keys.length > 0) await this.#ask("unlink", (client) => client.unlink(page.keys));
    } while (cursor !== "0");
  }
}
