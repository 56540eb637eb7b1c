import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { MatchdayError } from "../../common/errors.ts";
import { pushDashboards } from "./push.ts";

type Answer = { status?: number; body?: unknown; text?: string };

const servers = new Set<Server>();
afterEach(() => {
  for (const server of servers) server.close();
  servers.clear();
});

/** A server that answers by `METHOD path`; what it has no answer for is 404, as in Grafana. */
async function serverThat(answers: Record<string, Answer>) {
  const asked: { what: string; token: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const what = `${request.method} ${request.url}`;
    asked.push({ what, token: request.headers.authorization, body: await jsonOf(request) });
    const { status = 200, body, text } = answers[what] ?? { status: 404, body: { message: "Not found" } };
    response.writeHead(status, { location: "/login" }).end(text ?? JSON.stringify(body));
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const text = (await request.toArray()).join("");
  return text === "" ? undefined : JSON.parse(text);
}

const settings = {
  "GET /api/frontend/settings": {
    body: { buildInfo: { version: "10.0.0" }, datasources: { Metrics: { type: "prometheus" } } },
  },
} satisfies Record<string, Answer>;
const folder = { ...settings, "GET /api/folders?limit=1000": { body: [{ uid: "f-1", title: "Matchday" }] } };

const push = (url: string) => pushDashboards({ url, token: "secret", folder: "Matchday" });

test("goes with the token, into the folder that is there, in place of what was", async () => {
  const { url, asked } = await serverThat({
    ...folder,
    "POST /api/dashboards/db": { body: { url: "/d/some-uid/some-name" } },
  });
  const pushed = await push(`${url}/`);
  expect(pushed.map(({ title }) => title).sort()).toEqual(["Box office", "Crowd", "Match day", "Stack"]);
  expect(pushed[0]!.url).toBe(`${url}/d/some-uid/some-name`);
  expect(new Set(asked.map(({ token }) => token))).toEqual(new Set(["Bearer secret"]));
  const saved = asked.filter(({ what }) => what === "POST /api/dashboards/db");
  expect(saved).toHaveLength(4);
  expect(saved.map(({ body }) => body)).toEqual(
    saved.map(() => expect.objectContaining({ overwrite: true, folderUid: "f-1" })),
  );
});

test("makes the folder that is missing", async () => {
  const { url, asked } = await serverThat({
    ...settings,
    "GET /api/folders?limit=1000": { body: [{ uid: "x", title: "Other" }] },
    "POST /api/folders": { body: { uid: "new", title: "Matchday" } },
    "POST /api/dashboards/db": { body: { url: "/d/x" } },
  });
  await push(url);
  expect(asked.at(-1)!.body).toMatchObject({ folderUid: "new" });
});

const refusals: Record<
  string,
  { answers: Record<string, Answer>; code: string; says: RegExp; hint: RegExp }
> = {
  "a token that is not known": {
    answers: { "GET /api/frontend/settings": { status: 401, body: { message: "Invalid API key" } } },
    code: "GRAFANA_REFUSED",
    says: /does not know the token \(401: Invalid API key\)/,
    hint: /role Editor/,
  },
  "a token that may not write": {
    answers: { ...folder, "POST /api/dashboards/db": { status: 403, body: { message: "Access denied" } } },
    code: "GRAFANA_REFUSED",
    says: /may not POST \/api\/dashboards\/db \(403: Access denied\)/,
    hint: /role Editor/,
  },
  "a page that is no Grafana": {
    answers: { "GET /api/frontend/settings": { text: "<html>Welcome</html>" } },
    code: "GRAFANA_NOT_FOUND",
    says: /is not a Grafana/,
    hint: /root address/,
  },
  "an API that is no Grafana": {
    answers: { "GET /api/frontend/settings": { body: { hello: "world" } } },
    code: "GRAFANA_NOT_FOUND",
    says: /is not a Grafana/,
    hint: /root address/,
  },
  "a path that nobody knows": {
    answers: {},
    code: "GRAFANA_NOT_FOUND",
    says: /is not a Grafana/,
    hint: /root address/,
  },
  "a login page in front": {
    answers: { "GET /api/frontend/settings": { status: 302, text: "" } },
    code: "GRAFANA_NOT_FOUND",
    says: /is not a Grafana/,
    hint: /root address/,
  },
  "a Grafana that is too old": {
    answers: { "GET /api/frontend/settings": { body: { buildInfo: { version: "9.5.2" }, datasources: {} } } },
    code: "GRAFANA_TOO_OLD",
    says: /is Grafana 9\.5\.2/,
    hint: /10 or newer/,
  },
  "no Prometheus to ask": {
    answers: {
      "GET /api/frontend/settings": {
        body: { buildInfo: { version: "11.2.0" }, datasources: { Logs: { type: "loki" } } },
      },
    },
    code: "GRAFANA_WITHOUT_PROMETHEUS",
    says: /no Prometheus data source/,
    hint: /add one/,
  },
  "a dashboard that was provisioned": {
    answers: {
      ...folder,
      "POST /api/dashboards/db": { status: 400, body: { message: "Cannot save provisioned dashboard" } },
    },
    code: "GRAFANA_FAILED",
    says: /400: Cannot save provisioned dashboard/,
    hint: /log/,
  },
};

test.each(Object.entries(refusals))("says what is wrong: %s", async (_, { answers, code, says, hint }) => {
  const { url, asked } = await serverThat(answers);
  const error: MatchdayError = await push(url).then(
    () => expect.unreachable("it was taken"),
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code, exitCode: 70 });
  expect(error.message).toMatch(says);
  expect(error.hint).toMatch(hint);
  expect(error.message + error.hint).not.toContain("secret");
  if (!("GET /api/folders?limit=1000" in answers)) expect(asked).toHaveLength(1);
});

test("says that nobody answers", async () => {
  const { url } = await serverThat({});
  for (const server of servers) server.close();
  await expect(push(url)).rejects.toMatchObject({
    code: "GRAFANA_UNREACHABLE",
    message: expect.stringContaining("ECONNREFUSED"),
  });
});
