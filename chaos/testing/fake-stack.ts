import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Leg, StackControl } from "../../reference-stack/handle.ts";
import { partsOf } from "../../reference-stack/topology.ts";
import type { ProxyState } from "../../reference-stack/toxiproxy.ts";
import type { StackShape } from "../contract.ts";

/** Legs and parts of the smallest live scores, */
export const liveScores: StackShape = {
  legs: ["scores.vendor", "scores.redis", "scores.postgres", "edge-1.redis", "edge-2.redis"],
  parts: ["vendor", "scores", "redis", "postgres", "edge-1", "edge-2"],
};

/** and of the smallest box office. */
export const boxOffice: StackShape = partsOf(2, { system: "box-office" });

/** A stack for tests: parts are flags, and everything that is done to it is written down in `calls`. */
export class FakeStack implements StackControl {
  readonly legs: Leg[];
  readonly parts: string[];
  toxiproxyUrl = "http://127.0.0.1:1";
  readonly calls: string[] = [];
  readonly down = new Set<string>();
  /** Runs before a call takes effect: throws, or waits, where a test wants it. */
  before: (call: string) => void | Promise<void> = () => {};

  constructor({ legs, parts }: StackShape = liveScores) {
    this.parts = parts;
    this.legs = legs.map((name) => {
      const [from, to] = name.split(".") as [string, string];
      return { name, from, to };
    });
  }

  async #do(call: string, effect: () => void): Promise<void> {
    this.calls.push(call);
    await this.before(call);
    effect();
  }

  kill = (part: string) => this.#do(`kill ${part}`, () => this.down.add(part));
  restart = (part: string) => this.#do(`restart ${part}`, () => this.down.delete(part));
  pause = (part: string) => this.#do(`pause ${part}`, () => this.down.add(part));
  unpause = (part: string) => this.#do(`unpause ${part}`, () => this.down.delete(part));

  async figures() {
    return this.parts.map((part) => ({ part, kind: "edge" as const, up: !this.down.has(part) }));
  }
}

/** A server that answers as Toxiproxy's API does, over proxies that a test can look into and break. */
export async function fakeToxiproxy(names: string[]) {
  const proxies = new Map<string, ProxyState>(
    names.map((name) => [
      name,
      { name, listen: "127.0.0.1:1", upstream: "127.0.0.1:2", enabled: true, toxics: [] },
    ]),
  );
  const calls: string[] = [];
  const refused = new Set<string>();
  const server = createServer(async (request, response) => {
    const [, , name, , toxic] = request.url!.split("/");
    const body = await new Response(request as unknown as ReadableStream).text();
    const call = `${request.method} ${request.url}`;
    if (request.method !== "GET") calls.push(call);
    const proxy = proxies.get(name ?? "");
    const answer = (status: number, content?: unknown) => {
      response
        .writeHead(status, { connection: "close" })
        .end(content === undefined ? "" : JSON.stringify(content));
    };
    if (refused.has(call)) return answer(500, { error: "planted" });
    if (name === undefined) return answer(200, Object.fromEntries(proxies));
    if (!proxy) return answer(404, { error: "proxy not found" });
    if (request.method === "GET") return answer(200, proxy);
    if (request.method === "DELETE") {
      proxy.toxics = proxy.toxics.filter((each) => each.name !== toxic);
      return answer(204);
    }
    if (request.url!.endsWith("/toxics")) {
      proxy.toxics.push(JSON.parse(body));
      return answer(200, proxy.toxics.at(-1));
    }
    proxy.enabled = JSON.parse(body).enabled;
    return answer(200, proxy);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    proxies,
    /** Every change that was asked for. */
    calls,
    /** Calls that are answered with 500: `POST /proxies/edge-1.redis`. */
    refused,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
