import { readdirSync } from "node:fs";
import { join } from "node:path";
import { GenericContainer, type StartedTestContainer, Wait } from "testcontainers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageOf } from "../../reference-stack/providers/containers/images.ts";
import { engine } from "../../reference-stack/testing/engine.ts";
import { Cli } from "./cli.ts";

const unless = engine ? "" : " (skipped: no Docker engine answers)";
const password = "only-in-this-container";

describe.skipIf(!engine)(`a person's own Grafana${unless}`, () => {
  let container: StartedTestContainer;
  let url: string;
  const tokens: Record<"Editor" | "Viewer", string> = { Editor: "", Viewer: "" };

  beforeAll(async () => {
    container = await new GenericContainer(imageOf("grafana"))
      .withExposedPorts(3000)
      .withEnvironment({
        GF_SECURITY_ADMIN_PASSWORD: password,
        GF_ANALYTICS_REPORTING_ENABLED: "false",
        GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
      })
      .withWaitStrategy(Wait.forHttp("/api/health", 3000))
      .withStartupTimeout(60_000)
      .start();
    url = `http://${container.getHost()}:${container.getMappedPort(3000)}`;
    for (const role of ["Editor", "Viewer"] as const) tokens[role] = await tokenOf(role);
  }, 90_000);

  afterAll(() => container?.stop());

  async function asAdmin<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
    return (await response.json()) as T;
  }

  async function tokenOf(role: string): Promise<string> {
    const { id } = await asAdmin<{ id: number }>("POST", "/api/serviceaccounts", { name: role, role });
    const made = await asAdmin<{ key: string }>("POST", `/api/serviceaccounts/${id}/tokens`, { name: role });
    return made.key;
  }

  const push = async (token: string, ...more: string[]) => {
    await using cli = new Cli();
    const args = ["dashboards", "push", "--grafana", url, "--token-env", "TOKEN", ...more];
    return await cli.run(args, { TOKEN: token });
  };

  test("is not written to before it has a Prometheus", async () => {
    const { exitCode, stderr } = await push(tokens.Editor);
    expect(stderr).toContain("GRAFANA_WITHOUT_PROMETHEUS");
    expect(exitCode).toBe(70);
    expect(await asAdmin("GET", "/api/search?type=dash-db")).toEqual([]);
  });

  describe("with a Prometheus", () => {
    beforeAll(() =>
      asAdmin("POST", "/api/datasources", {
        name: "Metrics of ours",
        type: "prometheus",
        access: "proxy",
        url: "http://127.0.0.1:9",
      }),
    );

    test("takes the dashboards, twice", async () => {
      for (const _ of ["for the first time", "over the first"]) {
        const { exitCode, stdout, stderr } = await push(tokens.Editor, "--folder", "Match days");
        expect(stderr).toBe("");
        expect(exitCode).toBe(0);
        expect(stdout).toContain(`✓ Match day: ${url}/d/matchday-match-day/`);
      }
      const found = await asAdmin<{ uid: string; folderTitle: string }[]>("GET", "/api/search?type=dash-db");
      expect(found.map(({ uid, folderTitle }) => `${folderTitle}: ${uid}`).sort()).toEqual([
        "Match days: matchday-box-office",
        "Match days: matchday-crowd",
        "Match days: matchday-match-day",
        "Match days: matchday-stack",
      ]);
    });

    test.each([
      ["a token that it does not know", () => "glsa_nobody", /GRAFANA_REFUSED: .*does not know the token/],
      ["a token that may only look", () => tokens.Viewer, /GRAFANA_REFUSED: the token may not/],
    ])("refuses %s", async (_, token, says) => {
      const { exitCode, stdout, stderr } = await push(token());
      expect(stderr).toMatch(says);
      expect(stderr).toMatch(/→ .*role Editor/);
      expect(stdout).toBe("");
      expect(exitCode).toBe(70);
    });
  });
});

const push = ["dashboards", "push"];
const wrong: Record<string, { args: string[]; exitCode: number; says: RegExp }> = {
  "no Grafana": { args: push, exitCode: 64, says: /required option '--grafana <url>' not specified/ },
  "no token": {
    args: [...push, "--grafana", "http://127.0.0.1:9", "--token-env", "NOT_SET"],
    exitCode: 64,
    says: /GRAFANA_TOKEN_MISSING: the variable NOT_SET is empty or not set/,
  },
  "the token itself": {
    args: [...push, "--grafana", "http://127.0.0.1:9", "--token-env", "glsa_abc"],
    exitCode: 64,
    says: /GRAFANA_TOKEN_MISSING: that variable is empty or not set\n.*not the token itself/,
  },
  "a token of several words": {
    args: [...push, "--grafana", "http://127.0.0.1:9", "--token-env", "TWO_WORDS"],
    exitCode: 64,
    says: /GRAFANA_TOKEN_INVALID: what TWO_WORDS holds is no token/,
  },
  "an address that is none": {
    args: [...push, "--grafana", "grafana.example", "--token-env", "TOKEN"],
    exitCode: 64,
    says: /GRAFANA_URL_INVALID/,
  },
  "a Grafana that is away": {
    args: [...push, "--grafana", "http://127.0.0.1:9", "--token-env", "TOKEN"],
    exitCode: 70,
    says: /GRAFANA_UNREACHABLE: http:\/\/127\.0\.0\.1:9 does not answer/,
  },
  "nowhere to write": {
    args: ["dashboards", "export", "--out", "/dev/null/here"],
    exitCode: 64,
    says: /OUT_NOT_WRITABLE: \/dev\/null\/here cannot be written to/,
  },
};

test.each(Object.entries(wrong))("says what is wrong with %s", async (_, { args, exitCode, says }) => {
  await using cli = new Cli();
  const finished = await cli.run(args, { TOKEN: "glsa_some", TWO_WORDS: "two words" });
  expect(finished.stderr).toMatch(says);
  expect(finished.stderr).not.toMatch(/glsa_\w|two words/);
  expect(finished).toMatchObject({ exitCode, stdout: "" });
});

test("exports files that Grafana and Prometheus read", async () => {
  await using cli = new Cli();
  const out = join(cli.folder, "a", "b");
  const { exitCode, stdout } = await cli.run(["dashboards", "export", "--out", out, "--rules"]);
  expect(exitCode).toBe(0);
  expect(readdirSync(out).sort()).toEqual([
    "box-office.json",
    "crowd.json",
    "match-day.json",
    "rules.yaml",
    "stack.json",
  ]);
  expect(stdout.trimEnd().split("\n")).toHaveLength(5);
});
