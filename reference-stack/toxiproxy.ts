/** The one client of Toxiproxy: with a timeout on every call, and every change confirmed by GET /proxies. */
import { MatchdayError, messageOf } from "../common/errors.ts";
import type { Endpoint } from "./topology.ts";

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

/** Where a stack's own is given orders: the user and the password go along as Basic. */
export const toxiproxyUrl = ({ host, port }: Endpoint, password: string, path = "") =>
  `http://matchday:${password}@${host}:${port}${path}`;

export class ToxiproxyApi {
  /** With user and password where it has one: for ledgers of ours, and for no message. */
  readonly url: string;
  /** Without. */
  readonly #base: string;
  readonly #authorization: Record<string, string>;
  readonly #timeoutMs: number;

  constructor(url: string, { timeoutMs = 2000 }: { timeoutMs?: number } = {}) {
    this.url = url;
    this.#timeoutMs = timeoutMs;
    const { host, pathname, username, password } = new URL(url);
    this.#base = `http://${host}${pathname.replace(/\/$/, "")}`;
    const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
    this.#authorization = username === "" ? {} : { authorization: `Basic ${basic.toString("base64")}` };
  }

  async version(): Promise<string> {
    return (await this.#call("version", "GET", "/version")).text();
  }

  /** All proxies as the server has them now. */
  async list(): Promise<Map<string, ProxyState>> {
    const answer = await this.#call("list", "GET", "/proxies");
    return new Map(Object.entries((await answer.json()) as Record<string, ProxyState>));
  }

  /** Makes the proxies, or sets those that exist to the same addresses, enabled. */
  async populate(proxies: ProxySpec[]): Promise<void> {
    await this.#call(
      "populate",
      "POST",
      "/populate",
      proxies.map((proxy) => ({ ...proxy, enabled: true })),
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
    await this.#call(`set ${name} enabled=${enabled}`, "POST", pathOf(name), { enabled });
    const state = (await this.list()).get(name);
    this.#confirm(state?.enabled === enabled, `${name} did not become ${enabled ? "enabled" : "disabled"}`);
  }

  /** Adds a toxic; one of the same name that is there already stays as it is. */
  async addToxic(name: string, toxic: ToxicSpec): Promise<void> {
    const has = async () =>
      (await this.list()).get(name)?.toxics.some((known) => known.name === toxic.name) === true;
    if (await has()) return;
    await this.#call(`add ${toxic.name} to ${name}`, "POST", `${pathOf(name)}/toxics`, toxic);
    this.#confirm(await has(), `${name} did not take ${toxic.name}`);
  }

  /** Removes a toxic; one that is not there is fine. */
  async removeToxic(name: string, toxic: string): Promise<void> {
    const has = async () =>
      (await this.list()).get(name)?.toxics.some((known) => known.name === toxic) === true;
    if (!(await has())) return;
    const path = `${pathOf(name)}/toxics/${encodeURIComponent(toxic)}`;
    await this.#call(`remove ${toxic} from ${name}`, "DELETE", path);
    this.#confirm(!(await has()), `${name} still has ${toxic}`);
  }

  #confirm(ok: boolean, fact: string): void {
    if (!ok)
      throw new MatchdayError("TOXIPROXY_UNCONFIRMED", `Toxiproxy answered, but ${fact}`, {
        hint: "run matchday chaos recover, and run again",
      });
  }

  async #call(
    what: string,
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<Response> {
    try {
      const answer = await fetch(this.#base + path, {
        method,
        headers: { "content-type": "application/json", ...this.#authorization },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).trim()}`);
      // The body has its time too.
      return new Response(await answer.arrayBuffer(), {
        status: answer.status === 204 ? 200 : answer.status,
      });
    } catch (error) {
      const late = (error as Error).name === "TimeoutError";
      const why = late ? `no answer within ${this.#timeoutMs} ms` : messageOf(error);
      throw new MatchdayError("TOXIPROXY_FAILED", `Toxiproxy at ${this.#base}, ${what}: ${why}`, {
        hint: "see whether it runs, and its log; what a fault has left is put right by matchday chaos recover",
        cause: error,
      });
    }
  }
}

const pathOf = (proxy: string) => `/proxies/${encodeURIComponent(proxy)}`;
