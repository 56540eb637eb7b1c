import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Cli } from "./cli.ts";

interface BadInput {
  args: string[];
  exitCode: number;
  says: RegExp[];
}

const cases: Record<string, BadInput> = {
  "an unknown scenario": {
    args: ["run", "goal-spyke"],
    exitCode: 64,
    says: [/SCENARIO_UNKNOWN: there is no scenario "goal-spyke"/, /→ choose one of: goal-spike/],
  },
  "an unknown flag": {
    args: ["run", "goal-spike", "--client", "5"],
    exitCode: 64,
    says: [/OPTION_UNKNOWN: unknown option '--client'/, /--clients/],
  },
  "an unknown command": {
    args: ["rum"],
    exitCode: 64,
    says: [/COMMAND_UNKNOWN: unknown command 'rum'/, /run/],
  },
  "a missing argument": {
    args: ["run"],
    exitCode: 64,
    says: [/ARGUMENT_MISSING: missing required argument 'scenario'/],
  },
  "clients that are no number": {
    args: ["run", "goal-spike", "--clients", "many"],
    exitCode: 64,
    says: [/CLIENTS_INVALID/],
  },
  "no clients": { args: ["run", "goal-spike", "--clients", "0"], exitCode: 64, says: [/CLIENTS_INVALID/] },
  "more clients than the machine carries": {
    args: ["run", "goal-spike", "--clients", "90000000"],
    exitCode: 64,
    says: [/CLIENTS_BEYOND_MACHINE: .*90,?000,?000/, /→ /],
  },
  "a duration that is none": {
    args: ["run", "goal-spike", "--duration", "soon"],
    exitCode: 64,
    says: [/DURATION_INVALID/],
  },
  "a duration too short for the story": {
    args: ["run", "goal-spike", "--duration", "5s"],
    exitCode: 64,
    says: [/DURATION_TOO_SHORT/, /→ give --duration \d+s or more/],
  },
  "an unknown experiment": {
    args: ["run", "goal-spike", "--chaos", "meteor"],
    exitCode: 64,
    says: [/EXPERIMENT_NOT_FOUND/, /redis-down/],
  },
  "an unknown design": {
    args: ["run", "goal-spike", "--design", "carrier-pigeon"],
    exitCode: 64,
    says: [/DESIGN_UNKNOWN/, /sse-redis/],
  },
  "an unknown stack": {
    args: ["run", "goal-spike", "--stack", "moon"],
    exitCode: 64,
    says: [/STACK_UNKNOWN/],
  },
  "a budget that is not there": {
    args: ["run", "goal-spike", "--slo", "no-such.yaml"],
    exitCode: 64,
    says: [/BUDGET_UNREADABLE: .*no-such.yaml/, /live-scores/],
  },
  "a port that is none": {
    args: ["run", "goal-spike", "--base-port", "http"],
    exitCode: 64,
    says: [/BASE_PORT_INVALID/],
  },
  "a run that is not there": {
    args: ["report", "no-such-run"],
    exitCode: 64,
    says: [/RUN_NOT_FOUND: no-such-run/],
  },
  "a report format that is none": { args: ["report", "x", "--format", "pdf"], exitCode: 64, says: [/html/] },
};

test.each(Object.entries(cases))(
  "%s: a code, a fact, a remedy, nothing started",
  async (_, { args, exitCode, says }) => {
    await using cli = new Cli();
    const ended = await cli.run(args);
    for (const text of says) expect(ended.stderr).toMatch(text);
    expect(ended.stdout).toBe("");
    expect(ended.exitCode).toBe(exitCode);
    expect(cli.leases()).toEqual([]);
  },
);

test("every problem of a plan is told at once", async () => {
  await using cli = new Cli();
  const { stderr } = await cli.run([
    "run",
    "goal-spike",
    "--clients",
    "x",
    "--seed",
    "-1",
    "--chaos",
    "meteor",
    "--slo",
    "no-such.yaml",
  ]);
  for (const code of ["CLIENTS_INVALID", "SEED_INVALID", "EXPERIMENT_NOT_FOUND", "BUDGET_UNREADABLE"])
    expect(stderr).toContain(code);
});

test("an invalid budget: each problem with its place", async () => {
  await using cli = new Cli();
  const file = join(cli.folder, "broken.yaml");
  writeFileSync(file, "apiVersion: openslo/v1\nkind: SLO\nmetadata: {}\nspec: 7\n");
  const { stderr, exitCode } = await cli.run(["run", "goal-spike", "--slo", file]);
  expect(exitCode).toBe(64);
  expect(stderr).toMatch(/BUDGET_INVALID/);
  expect(stderr).toContain("broken.yaml");
});

test("a budget that allows a fault which there is not would allow nothing", async () => {
  await using cli = new Cli();
  const file = join(cli.folder, "typo.yaml");
  const allow = "redis-dwon: {allow: [{delivery.ratio: 0%}], for-at-most: 15s}";
  writeFileSync(
    file,
    `apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: x\n  annotations:\n    matchday.dev/allow: '${allow}'\n    matchday.dev/invariants: final-screen\nspec: {}\n`,
  );
  const { stderr, exitCode } = await cli.run(["run", "goal-spike", "--slo", file]);
  expect(stderr).toMatch(
    /BUDGET_INVALID: .*typo\.yaml: matchday\.dev\/allow: there is no fault "redis-dwon"/,
  );
  expect(stderr).toContain("the kinds are edge-crash");
  expect(exitCode).toBe(64);
});

test("a port that is taken: PORT_TAKEN, and nothing is left", async () => {
  await using cli = new Cli();
  const server = createServer().listen(31_007, "127.0.0.1");
  try {
    const { stderr, exitCode } = await cli.run(
      cli.rehearsal("--clients", "10", "--chaos", "none", "--base-port", "31005"),
    );
    expect(stderr).toMatch(/PORT_TAKEN: port 31007 is in use/);
    expect(exitCode).toBe(64);
    expect(cli.leftovers()).toEqual([]);
    expect(cli.leases()).toEqual([]);
  } finally {
    server.close();
  }
});

test("a component that is missing: named, with its remedy", async () => {
  await using cli = new Cli();
  const cache = join(cli.folder, "cache");
  mkdirSync(cache);
  const { stderr, exitCode } = await cli.run(cli.rehearsal("--clients", "10"), { MATCHDAY_CACHE: cache });
  expect(stderr).toMatch(/NOT_SET_UP/);
  expect(stderr).toContain("npm run setup");
  expect(exitCode).toBe(70);
  writeFileSync(
    join(cache, "tools.json"),
    JSON.stringify({ postgresBin: "/nowhere", redisServer: "/nowhere/redis-server" }),
  );
  const missing = await cli.run(cli.rehearsal("--clients", "10"), { MATCHDAY_CACHE: cache });
  expect(missing.stderr).toMatch(/COMPONENT_MISSING/);
  expect(missing.exitCode).toBe(70);
  expect(cli.leftovers()).toEqual([]);
  expect(existsSync(join(cli.stateDir, "leases")) ? cli.leases() : []).toEqual([]);
});
