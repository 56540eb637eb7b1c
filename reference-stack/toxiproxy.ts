/** The one wrapper of Toxiproxy's client: with a timeout on every call, and every change confirmed by GET /proxies. */
import * as client from "toxiproxy-node-client";
import { MatchdayError, messageOf } from "../common/errors.ts";

export interface ToxicSpec {
  name: string;
  type: "latency" | "bandwidth" | "slow_close" | "timeout" | "slicer" | "limit_data" | "reset_peer";
  stream: "upstream" | "downstream";
  /** Share of *links* that get it, rolled when the link begins. */
  toxicity: number;
  attributes: Record<string, number>;
}

export interface ProxySpec {
  name: string;
  /** `host:port` that it listens on. */
  listen: string;
  upstream: string;
}

export interface ProxyState extends ProxySpec {
  enabled: boolean;
  toxics: ToxicSpec[];
}

export class ToxiproxyApi {
  readonly url: string;
  readonly #timeoutMs: number;
  readonly #client: client.Toxiproxy;

  constructor(url: string, { timeoutMs = 2000 }: { timeoutMs?: number } = {}) {
    this.url = url;
    this.#timeoutMs = timeoutMs;
    this.#client = new client.Toxiproxy(url);
  }

  async version(): Promise<string> {
    return this.#call("version", () => this.#client.getVersion());
  }

  /** All proxies as the server has them now. The client's own `getAll` leaves the toxics out. */
  async list(): Promise<Map<string, ProxyState>> {
    const { data } = await this.#call("list", () =>
      this.#client.api.get<Record<string, ProxyState>>(`${this.url}/proxies`),
    );
    return new Map(Object.entries(data));
  }

  /** Makes the proxies, or sets those that exist to the same addresses, enabled. */
  async populate(proxies: ProxySpec[]): Promise<void> {
    await this.#call("populate", () =>
      this.#client.populate(proxies.map((proxy) => ({ ...proxy, enabled: true }))),
    );
    const there = await this.list();
    for (const { name } of proxies) this.#confirm(there.get(name)?.enabled === true, `${name} is not there`);
  }

  /** Enables all proxies and takes all toxics off. Toxiproxy's own `/reset` stops at the first proxy that fails. */
  async reset(): Promise<void> {
    for (const { name, enabled, toxics } of (await this.list()).values()) {
      for (const toxic of toxics) await this.removeToxic(name, toxic.name);
      if (!enabled) await this.setEnabled(name, true);
    }
  }

  /** A disabled proxy refuses connections and has closed those it had. */
  async setEnabled(name: string, enabled: boolean): Promise<void> {
    await this.#call(`set ${name} enabled=${enabled}`, async () => {
      const proxy = await this.#client.get(name);
      await proxy.update({ enabled, listen: proxy.listen, upstream: proxy.upstream });
    });
    const state = (await this.list()).get(name);
    this.#confirm(state?.enabled === enabled, `${name} did not become ${enabled ? "enabled" : "disabled"}`);
  }

  /** Adds a toxic; one of the same name that is there already stays as it is. */
  async addToxic(name: string, toxic: ToxicSpec): Promise<void> {
    const has = async () =>
      (await this.list()).get(name)?.toxics.some((known) => known.name === toxic.name) === true;
    if (await has()) return;
    await this.#call(`add ${toxic.name} to ${name}`, async () => {
      await (await this.#client.get(name)).addToxic(toxic);
    });
    this.#confirm(await has(), `${name} did not take ${toxic.name}`);
  }

  /** Removes a toxic; one that is not there is fine. */
  async removeToxic(name: string, toxic: string): Promise<void> {
    const has = async () =>
      (await this.list()).get(name)?.toxics.some((known) => known.name === toxic) === true;
    if (!(await has())) return;
    await this.#call(`remove ${toxic} from ${name}`, () =>
      this.#client.api.delete(`${this.url}/proxies/${name}/toxics/${toxic}`),
    );
    this.#confirm(!(await has()), `${name} still has ${toxic}`);
  }

  #confirm(ok: boolean, fact: string): void {
    if (!ok) throw new MatchdayError("TOXIPROXY_UNCONFIRMED", `Toxiproxy answered, but ${fact}`);
  }

  async #call<T>(what: string, act: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.#timeoutMs} ms`)), this.#timeoutMs);
    });
    try {
      return await Promise.race([act(), late]);
    } catch (error) {
      throw new MatchdayError("TOXIPROXY_FAILED", `Toxiproxy at ${this.url}, ${what}: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}
