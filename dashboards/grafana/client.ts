/** The little of Grafana's HTTP API that dashboards need. */
import { MatchdayError, messageOf } from "../../common/errors.ts";

/** Grafana answers such requests within milliseconds; longer is a proxy that waits for something that is away. */
const answerWithinMs = 10_000;

export interface Answer {
  status: number;
  body: unknown;
}

export class GrafanaClient {
  readonly url: string;
  readonly #token: string;

  /** @param url the root of a Grafana, which may be a path of a host */
  constructor(url: string, token: string) {
    this.url = url.replace(/\/+$/, "");
    this.#token = token;
  }

  /** @throws MatchdayError GRAFANA_UNREACHABLE, GRAFANA_REFUSED or GRAFANA_FAILED; what `allowed` lists is an answer. */
  async ask(method: "GET" | "POST", path: string, body?: unknown, allowed: number[] = []): Promise<Answer> {
    const response = await this.#send(method, path, body);
    const answer = { status: response.status, body: await jsonOf(response) };
    if (response.ok || allowed.includes(answer.status)) return answer;
    throw this.#refusal(`${method} ${path}`, answer);
  }

  async #send(method: string, path: string, body: unknown): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A login page is no answer, and a token is for the host that was named.
        redirect: "manual",
        signal: AbortSignal.timeout(answerWithinMs),
      });
    } catch (error) {
      throw new MatchdayError("GRAFANA_UNREACHABLE", `${this.url} does not answer: ${messageOf(error)}`, {
        hint: "check the address, and that it can be reached from here",
        cause: error,
      });
    }
  }

  #refusal(asked: string, { status, body }: Answer): MatchdayError {
    const said = saidIn(body);
    if (status === 401)
      return new MatchdayError("GRAFANA_REFUSED", `${this.url} does not know the token (401${said})`, {
        hint: "make a token of a service account with the role Editor: Administration → Service accounts",
      });
    if (status === 403)
      return new MatchdayError("GRAFANA_REFUSED", `the token may not ${asked} (403${said})`, {
        hint: "give the token's service account the role Editor, or the right to write dashboards into the folder",
      });
    if (body === undefined) return notAGrafana(this.url);
    return new MatchdayError("GRAFANA_FAILED", `${this.url} answered ${asked} with ${status}${said}`, {
      hint: "see what Grafana's log says",
    });
  }
}

export const notAGrafana = (url: string) =>
  new MatchdayError("GRAFANA_NOT_FOUND", `what answers at ${url} is not a Grafana`, {
    hint: "give the root address of Grafana, such as https://grafana.example or https://example.org/grafana",
  });

/** The JSON of an answer; undefined where it is none. */
async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function saidIn(body: unknown): string {
  const message = (body as { message?: unknown } | undefined)?.message;
  return typeof message === "string" && message !== "" ? `: ${message}` : "";
}
