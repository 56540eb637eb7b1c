import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { collectDefaultMetrics, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { measures } from "../measurements/catalogue.ts";
import { histogramName, quantileName, runMetrics } from "../measurements/metrics.ts";
import { boards } from "./boards/index.ts";
import { generatedFolder } from "./export.ts";
import { generatedFiles } from "./generated-files.ts";
import { dashboardQueries } from "./queries.ts";
import { filledIn, tracesUrl } from "./render/sources.ts";
import { alertRules } from "./rules/rules.ts";

const room = import.meta.dirname;
const read = (...path: string[]) => readFileSync(join(room, ...path), "utf8");

/** Formatting is the formatter's. */
const parsed = (name: string, text: string) => (name.endsWith(".json") ? JSON.parse(text) : parse(text));

describe("generated files", () => {
  test("are what the code says; else run npm run dashboards", () => {
    const files = generatedFiles();
    expect(readdirSync(generatedFolder).sort()).toEqual(Object.keys(files).sort());
    for (const [name, text] of Object.entries(files))
      expect(parsed(name, readFileSync(join(generatedFolder, name), "utf8")), name).toEqual(
        parsed(name, text),
      );
  });

  test("name no data source of one Grafana", () => {
    for (const name of readdirSync(generatedFolder).filter((file) => file.endsWith(".json"))) {
      const { panels, annotations } = JSON.parse(readFileSync(join(generatedFolder, name), "utf8"));
      const sources = [...panels, ...panels.flatMap((panel: { targets?: object[] }) => panel.targets ?? [])]
        .concat(annotations.list)
        .flatMap(({ datasource }) => (datasource?.uid === undefined ? [] : [datasource.uid]));
      expect(new Set(sources)).toEqual(new Set([`\${prometheus}`]));
    }
  });
});

test("a link to traces is Grafana's to fill in, and a query of Jaeger when it is", () => {
  const filled = tracesUrl("edge-1")
    .replace(filledIn("jaeger"), "Jaeger")
    .replace(filledIn("__from"), "1000")
    .replace(filledIn("__to"), "2000");
  expect(filled).not.toContain("$");
  const left = new URL(filled, "http://grafana").searchParams.get("left");
  expect(JSON.parse(left!)).toMatchObject({
    datasource: "Jaeger",
    queries: [{ queryType: "search", service: "edge-1" }],
    range: { from: "1000", to: "2000" },
  });
});

describe.each(Object.entries(boards))("dashboard %s", (_, { rows }) => {
  test("fills its rows, and leaves no panel without a word on what it shows", () => {
    for (const { panels } of rows) {
      expect(
        panels.reduce((sum, { width }) => sum + width, 0),
        panels[0]?.title,
      ).toBe(24);
      for (const { title, description, queries } of panels) {
        expect(description, title).not.toBe("");
        expect(queries.length, title).toBeGreaterThan(0);
      }
    }
  });

  test("calls no two panels the same", () => {
    const titles = rows.flatMap(({ panels }) => panels.map(({ title }) => title));
    expect(new Set(titles).size).toBe(titles.length);
  });
});

/** Toxiproxy 2.12 with -proxy-metrics. */
const toxiproxyMetrics = ["toxiproxy_proxy_received_bytes_total", "toxiproxy_proxy_sent_bytes_total"];

/** The services name metrics in their source: whole, after the prefix, or as figures of a server that is watched. */
function metricsOfServices(): string[] {
  const stack = join(room, "..", "reference-stack");
  const sources = globSync("{services,service-kit,edge-kit}/**/*.ts", { cwd: stack }).map((path) =>
    readFileSync(join(stack, path), "utf8"),
  );
  const named = sources.flatMap((text) => [
    ...[...text.matchAll(/["'`](matchday_\w+)["'`]/g)].map(([, name]) => name!),
    ...[...text.matchAll(/\b(?:gauge|counter|histogram|total)\(\s*"(\w+)"/g)].map(
      ([, name]) => `matchday_${name}`,
    ),
  ]);
  const figures = readFileSync(join(stack, "services", "observer", "figures.ts"), "utf8");
  const watched = [...figures.matchAll(/const (\w+)Figures = \{([^}]*)\}/g)].flatMap(([, server, body]) =>
    [...body!.matchAll(/^ {2}(\w+):/gm)].map(([, figure]) => `matchday_${server}_${figure}`),
  );
  return [...named, ...watched];
}

async function knownMetrics(): Promise<Set<string>> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const plain = [
    ...Object.keys(runMetrics),
    ...measures.map(({ name }) => quantileName(name)),
    ...(await registry.getMetricsAsJSON()).map(({ name }) => name),
    ...metricsOfServices(),
    ...toxiproxyMetrics,
  ];
  const histograms = [...measures.map(({ name }) => histogramName(name)), ...metricsOfServices()];
  return new Set([
    ...plain,
    ...histograms.flatMap((name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]),
  ]);
}

test("every metric of a query or a rule is one that somebody tells", async () => {
  const known = await knownMetrics();
  const expressions = [...dashboardQueries, ...alertRules].map(({ expr }) => expr);
  const asked = expressions.flatMap((expr) =>
    [...expr.replaceAll(/"[^"]*"/g, "").matchAll(/\b(?:matchday|process|nodejs|toxiproxy)_\w+/g)].map(
      ([name]) => name,
    ),
  );
  expect(asked.length).toBeGreaterThan(expressions.length);
  expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
});

test("every query can be asked of any Prometheus", () => {
  // A digit after it is a group of a pattern in `label_replace`.
  expect(dashboardQueries.filter(({ expr }) => /\$(?!\d)/.test(expr))).toEqual([]);
  const asked = Object.values(boards).flatMap(({ rows }) => rows.flatMap(({ panels }) => panels));
  const count = Object.keys(boards).length;
  expect(new Set(dashboardQueries.map(({ dashboard }) => dashboard)).size).toBe(count);
  expect(dashboardQueries).toHaveLength(asked.flatMap(({ queries }) => queries).length + count);
});

test("what only one system feeds is asked of its runs alone", () => {
  const systemsOf = (title: string) =>
    new Set(dashboardQueries.filter(({ panel }) => panel === title).flatMap(({ systems }) => systems));
  expect(systemsOf("Stale-odds age")).toEqual(new Set(["live-scores"]));
  expect(systemsOf("Queue depth")).toEqual(new Set(["box-office"]));
  expect(systemsOf("Clients planned and open")).toEqual(new Set(["live-scores", "box-office"]));
});

describe("alert rules", () => {
  const { tests } = parse(read("rules.test.yaml")) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  };
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);

  test.each(alertRules.map(({ alert }) => alert))(
    "%s has a test in which it fires, and one in which not",
    (alert) => {
      const its = cases.filter(({ alertname }) => alertname === alert);
      expect(its.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
      expect(its.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
    },
  );
});
