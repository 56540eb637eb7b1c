import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectiveCells } from "../../dashboards/objective-promql.ts";
import { queriesOf } from "../../dashboards/queries.ts";
import { bucketBounds, histogramName } from "../../measurements/metrics.ts";
import { findEngine } from "../../reference-stack/providers/containers/engine.ts";
import type { StandingStack } from "../../reference-stack/providers/containers/standing.ts";
import { engine, unlessEngine } from "../../reference-stack/testing/engine.ts";
import { engineSocket } from "../../reference-stack/testing/engine-socket.ts";
import type { Verdict } from "../../verdict/contract.ts";
import { holds } from "../../verdict/objectives.ts";
import { Cli } from "./cli.ts";
import { leftInEngine } from "./left-in-engine.ts";
import { askPrometheus, untilAllAnswer, untilVerdictTold } from "./prometheus.ts";
import { StackOfCli } from "./standing-stack.ts";

const timeout = 300_000;
const injected = (entry: Record<string, unknown>) => entry.type === "fault" && entry.state === "injected";
const phase = (name: string) => (entry: Record<string, unknown>) =>
  entry.type === "phase" && entry.phase === name;

describe.skipIf(!engine)(`a stack that stands in containers${unlessEngine}`, { timeout }, () => {
  let standing: StackOfCli;
  let cli: Cli;
  let stack: StandingStack;
  const consoleOf = (name: string) => standing.consoleOf(name).url;

  beforeAll(async () => {
    standing = await StackOfCli.up();
    ({ cli, stack } = standing);
    expect(standing.up.stdout).toMatch(/is up after .*\n {2}Grafana, .*: http:\/\/127\.0\.0\.1:\d+\/d\//);
  }, timeout);

  afterAll(() => standing?.[Symbol.asyncDispose](), timeout);

  test("Redis away for 10 s: every panel has its series, and they say what the verdict says", async () => {
    const { finished } = cli.start(
      cli.rehearsal("--stack", "auto", "--clients", "500", "--chaos", "redis-down", "--json"),
    );
    await cli.until("recovery", phase("recovery"));
    // What a dashboard shows of the run so far, its fault included.
    const prometheus = consoleOf("prometheus");
    await untilAllAnswer(prometheus, queriesOf("live-scores"), 45);
    const { exitCode, stdout, stderr } = await finished;
    const verdict: Verdict = JSON.parse(stdout);
    expect(verdict.verdict, `${verdict.sentence}\n${stderr}`).toBe("pass");
    expect(exitCode).toBe(0);
    expect(verdict.stack).toBe("containers");
    expect(stderr).toContain(`in containers (2 edges, as ${stack.id} stands)`);
    await saysTheSame(prometheus, verdict);
    expect(cli.leases()).toEqual([]);
  });

  test("the next run on it begins anew; an edge is killed, and its flows are traced hop by hop", async () => {
    const { exitCode, stdout, stderr } = await cli.run(
      cli.rehearsal("--stack", "containers", "--clients", "300", "--chaos", "edge-crash", "--json"),
    );
    const verdict: Verdict = JSON.parse(stdout);
    expect(verdict.verdict, `${verdict.sentence}\n${stderr}`).toBe("pass");
    expect(exitCode).toBe(0);
    expect(verdict.measures.resume?.count).toBe(150);
    // The ledger begins with 1 again: nothing of the run before is in it.
    expect(verdict.invariants.every(({ ok }) => ok !== false)).toBe(true);
    const names = new Set(cli.spans().map(({ part, name }) => `${part.replace(/-\d+$/, "")} ${name}`));
    for (const hop of [
      "vendor say goal",
      "scores take",
      "scores postgres append",
      "scores redis publish",
      "edge receive",
      "crowd open stream",
      "crowd resume stream",
    ]) {
      expect(names).toContain(hop);
    }
    const jaeger = consoleOf("jaeger");
    const services = (await (await fetch(`${jaeger}/api/services`)).json()) as { data: string[] };
    expect(services.data).toEqual(expect.arrayContaining(["vendor", "scores", "edge-1", "edge-2", "crowd"]));
  });

  test("a crowd that is too large for it, a part that it does not have, and a second stack are refused", async () => {
    const large = await cli.run(["run", "goal-spike", "--clients", "60000", "--stack", "containers"]);
    expect(large.stderr).toMatch(
      /STACK_TOO_SMALL: the stack that stands has 2 edges; .*\n {2}→ .*stack up --clients/,
    );
    expect(large.exitCode).toBe(64);
    const logs = await cli.run(["stack", "logs", "goalkeeper"]);
    expect(logs.stderr).toMatch(/PART_UNKNOWN: .*goalkeeper/);
    expect(logs.exitCode).toBe(64);
    expect((await cli.run(["stack", "logs", "edge-1", "--tail", "2"])).stdout).toMatch(/"message"/);
    const second = await cli.run(["stack", "up"]);
    expect(second.stderr).toMatch(/STACK_STANDS/);
    expect(second.exitCode).toBe(64);
  });

  test("a run that is killed leaves an edge frozen; the next command thaws it, and the stack stands", async () => {
    const { child, finished } = cli.start(
      cli.rehearsal("--stack", "containers", "--clients", "50", "--chaos", "edge-pause"),
    );
    await cli.until("injected fault", injected);
    child.kill("SIGKILL");
    await finished;
    const frozen = () =>
      cli.run(["stack", "status", "--json"]).then(({ stdout }) => {
        const [{ parts }] = JSON.parse(stdout) as [StandingStack];
        return parts.filter(({ state }) => state !== "running").map(({ name, state }) => `${name} ${state}`);
      });
    expect(await frozen()).toEqual(["edge-2 paused"]);
    const recovered = await cli.run(["chaos", "recover"]);
    expect(recovered.stdout).toMatch(/edge-2/);
    expect(recovered.exitCode).toBe(0);
    expect(await frozen()).toEqual([]);
    expect(cli.leftovers()).toEqual([]);
  });
});

/** The numbers of the dashboards against those of the verdict. */
async function saysTheSame(prometheus: string, verdict: Verdict): Promise<void> {
  await untilVerdictTold(prometheus, verdict);
  const one = async (expr: string) => (await askPrometheus(prometheus, expr))[0]?.value;
  const { delivery } = verdict;
  expect(await one("matchday_delivery_ratio")).toBeCloseTo(delivery.ratio, 6);
  expect(await one("matchday_deliveries_owed_total")).toBe(delivery.expected);
  expect(await one('matchday_deliveries_total{outcome="on_time"}')).toBe(delivery.onTime);
  expect((await askPrometheus(prometheus, "matchday_verdict"))[0]!.metric.sentence).toBe(verdict.sentence);
  for (const { id, phase, allowed, observed, ok, unit } of verdict.objectives) {
    if (observed === null) continue;
    const row = `{objective="${id}",phase="${phase}",allowed="${allowed?.by.join() ?? ""}"}`;
    const scale = unit === "ms" ? 1000 : 1;
    expect(await one(`matchday_objective_observed${row} * ${scale}`), row).toBeCloseTo(observed, 3);
    expect(await one(`matchday_objective_ok${row}`), row).toBe(Number(ok));
  }
  for (const { id, used } of verdict.errorBudgets) {
    const told = await one(`matchday_objective_budget_used_ratio{objective="${id}"}`);
    if (used !== null) expect(told, id).toBeCloseTo(used, 6);
  }
  await readsAsTable(prometheus, verdict);
  // A quantile of cumulative buckets is right to the bucket that the exact one lies in.
  for (const [measure, labels, key] of [
    ["event_age", '{class="goal"}', "event_age{class=goal}"],
    ["event_age", '{class="odds"}', "event_age{class=odds}"],
    ["stale_odds_age", "", "stale_odds_age"],
    ["connect", "", "connect"],
  ] as const) {
    const { p99Ms, count } = verdict.measures[key]!;
    const histogram = histogramName(measure);
    expect(await one(`sum(${histogram}_count${labels})`), key).toBe(count);
    const fromBuckets = await one(`histogram_quantile(0.99, sum by (le) (${histogram}_bucket${labels}))`);
    const [below, above] = bucketAround(p99Ms / 1000);
    expect(fromBuckets, key).toBeGreaterThanOrEqual(below);
    expect(fromBuckets, key).toBeLessThanOrEqual(above);
  }
}

/** What Grafana's table of objectives says in words, of those that a fault is allowed more. */
async function readsAsTable(prometheus: string, { objectives }: Verdict): Promise<void> {
  const cells = (await askPrometheus(prometheus, objectiveCells)).map(({ metric }) => metric);
  expect(cells).toHaveLength(objectives.filter(({ observed }) => observed !== null).length);
  const excused = objectives.filter(
    ({ allowed, observed, op, target }) => allowed && !holds(observed!, op, target),
  );
  expect(excused.length).toBeGreaterThan(0);
  for (const { id, title, phase, allowed, ok } of excused) {
    const cell = cells.find((each) => each.objective === id && each.phase === phase && each.allowed);
    expect(cell?.row?.slice(0, title.length), id).toBe(title);
    expect(cell?.row?.slice(title.length), id).toMatch(/^ [<≤>≥=] [0-9.]+/);
    expect(cell?.column, id).toBe(`${phase}, ${allowed!.by.join()} allowed`);
    expect(cell?.cell, id).toMatch(ok ? /^≈ .+, allowed / : /^✗ .+, allowed /);
  }
}

/** The bucket that a value lies in, and its neighbours' share of a slot that a bound cuts. */
function bucketAround(seconds: number): [number, number] {
  const index = bucketBounds.findIndex((bound) => seconds <= bound * 1.001);
  return [(bucketBounds[index - 1] ?? 0) * 0.999, (bucketBounds[index] ?? Number.POSITIVE_INFINITY) * 1.001];
}

describe.skipIf(!engine)(`a run in containers of its own${unlessEngine}`, { timeout }, () => {
  test("Ctrl-C in the middle of a fault leaves no container", async () => {
    await using cli = new Cli();
    const { child, finished } = cli.start(
      cli.rehearsal("--stack", "containers", "--clients", "50", "--chaos", "redis-down"),
    );
    await cli.until("injected fault", injected);
    expect((await leftInEngine(cli)).length).toBeGreaterThan(8);
    child.kill("SIGINT");
    const { exitCode, stderr } = await finished;
    expect(exitCode, stderr).toBe(130);
    expect(await leftInEngine(cli)).toEqual([]);
  });

  test("after a kill -9, without a reaper, the next command removes the containers", async () => {
    await using cli = new Cli();
    const { child, finished } = cli.start(
      cli.rehearsal("--stack", "containers", "--clients", "50", "--chaos", "none"),
      { TESTCONTAINERS_RYUK_DISABLED: "true" },
    );
    await cli.until("start", (entry) => entry.type === "run" && entry.state === "started");
    child.kill("SIGKILL");
    await finished;
    expect((await leftInEngine(cli)).length).toBeGreaterThan(8);
    const recovered = await cli.run(["chaos", "recover"]);
    expect(recovered.stdout).toMatch(/removed the containers of/);
    expect(recovered.exitCode).toBe(0);
    expect(await leftInEngine(cli)).toEqual([]);
    expect(cli.leftovers()).toEqual([]);
  });

  test("a database that is killed unasked ends the run: STACK_DIED, and nothing is left", async () => {
    await using cli = new Cli();
    const { finished } = cli.start(
      cli.rehearsal("--stack", "containers", "--clients", "50", "--chaos", "none"),
    );
    await cli.until("start", (entry) => entry.type === "run" && entry.state === "started");
    const redis = (await leftInEngine(cli)).find((line) => /[-_/]redis$/.test(line));
    await cli.docker("kill", redis!.split(" ")[1]!);
    const { exitCode, stderr } = await finished;
    expect(stderr).toMatch(/STACK_DIED: redis ended during the run: /);
    expect(exitCode).toBe(70);
    expect(await leftInEngine(cli)).toEqual([]);
  });

  test("the engine is lost during a run: ENGINE_GONE, and what it has is removed once it is there again", async () => {
    await using cli = new Cli();
    const socket = await engineSocket(await findEngine(), join(cli.folder, "docker.sock"));
    const { finished } = cli.start(
      cli.rehearsal("--stack", "containers", "--clients", "50", "--chaos", "none"),
      { DOCKER_HOST: socket.url, TESTCONTAINERS_RYUK_DISABLED: "true" },
    );
    await cli.until("start", (entry) => entry.type === "run" && entry.state === "started");
    socket.close();
    const { exitCode, stderr } = await finished;
    expect(stderr).toMatch(/ENGINE_GONE: .*\n {2}→ see that Docker runs/);
    expect(exitCode).toBe(70);
    expect(cli.verdict().verdict).toBe("unknown");
    expect((await leftInEngine(cli)).length).toBeGreaterThan(8);
    expect((await cli.run(["chaos", "recover"])).stdout).toMatch(/removed the containers of/);
    expect(await leftInEngine(cli)).toEqual([]);
  });

  test("an image that cannot be had: named with what replaces it, and `auto` goes without", async () => {
    await using cli = new Cli();
    const env = { MATCHDAY_IMAGE_REDIS: "localhost:1/redis:none" };
    const named = await cli.run(cli.rehearsal("--stack", "containers", "--clients", "10"), env);
    expect(named.stderr).toMatch(/IMAGE_UNAVAILABLE: .*localhost:1\/redis:none/);
    expect(named.stderr).toContain("MATCHDAY_IMAGE_REDIS");
    expect(named.exitCode).toBe(70);
    const auto = cli.start(cli.rehearsal("--stack", "auto", "--clients", "10", "--chaos", "none"), env);
    await cli.until("stack", (entry) => entry.type === "run" && entry.state === "stack-up");
    auto.child.kill("SIGINT");
    expect((await auto.finished).stderr).toMatch(
      /on a local stack \(2 edges, as images that the engine cannot get: /,
    );
    expect(await leftInEngine(cli)).toEqual([]);
  });

  test("a port that is taken: PORT_TAKEN, and nothing is left", async () => {
    await using cli = new Cli();
    const server = createServer().listen(31_107, "127.0.0.1");
    try {
      const { stderr, exitCode } = await cli.run(
        cli.rehearsal("--stack", "containers", "--clients", "10", "--base-port", "31105"),
      );
      expect(stderr).toMatch(/PORT_TAKEN: port 31107 is in use/);
      expect(exitCode).toBe(64);
      expect(await leftInEngine(cli)).toEqual([]);
    } finally {
      server.close();
    }
  });
});

describe("without an engine", { timeout }, () => {
  const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };

  test("containers by name: ENGINE_UNREACHABLE with the remedy; the commands of a stack say it too", async () => {
    await using cli = new Cli();
    for (const args of [
      cli.rehearsal("--stack", "containers", "--clients", "10"),
      ["stack", "up"],
      ["stack", "status"],
      ["stack", "down"],
    ]) {
      const { stderr, exitCode } = await cli.run(args, env);
      expect(stderr).toMatch(/ENGINE_UNREACHABLE: .*nowhere.*\n {2}→ start Docker, or use --stack local/);
      expect(exitCode).toBe(70);
    }
  });

  test("auto runs on processes of this machine, and says why", async () => {
    await using cli = new Cli();
    const { child, finished } = cli.start(
      cli.rehearsal("--stack", "auto", "--clients", "10", "--chaos", "none"),
      env,
    );
    await cli.until("stack", (entry) => entry.type === "run" && entry.state === "stack-up");
    child.kill("SIGINT");
    expect((await finished).stderr).toMatch(/on a local stack \(2 edges, as no Docker engine answers/);
  });

  test("a compose.yaml is printed all the same", async () => {
    await using cli = new Cli();
    const { stdout, exitCode } = await cli.run(["stack", "compose", "--edges", "3"], env);
    expect(stdout).toMatch(/^ {2}edge-3:$/m);
    expect(exitCode).toBe(0);
  });
});
