import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Cli } from "./cli.ts";

test("2,000 clients, Redis away for 10 s: a dip, a recovery, a verdict from files", {
  timeout: 180_000,
}, async () => {
  await using cli = new Cli();
  const { exitCode, stdout, stderr } = await cli.run(
    cli.rehearsal("--clients", "2000", "--chaos", "redis-down", "--json"),
  );
  const verdict = JSON.parse(stdout);
  expect(verdict, stderr).toEqual(cli.verdict());
  expect(verdict.verdict, `${verdict.sentence}\n${stderr}`).toBe("pass");
  expect(exitCode).toBe(0);
  expect(verdict.clients).toMatchObject({ planned: 2000, connected: 2000, failed: 0 });
  expect(verdict.delivery).toMatchObject({ lost: 0, duplicate: 0, misdelivered: 0, notJudged: 0 });
  expect(verdict.delivery.expected).toBe(verdict.delivery.onTime + verdict.delivery.late);
  // What was said while Redis was away came late to everybody: the dip is real.
  const phase = (name: string) => verdict.phases.find((each: { name: string }) => each.name === name);
  expect(phase("fault").delivery.late).toBeGreaterThan(2000);
  expect(phase("fault").measures.stale_odds_age.maxMs).toBeGreaterThan(8000);
  expect(phase("after").delivery.ratio).toBe(1);
  expect(verdict.faults).toHaveLength(1);
  expect(verdict.faults[0].healed).toBe(true);
  expect(verdict.faults[0].steadyAfterMs).toBeLessThan(8000);
  expect(verdict.invariants.map(({ ok }: { ok: boolean }) => ok)).not.toContain(false);

  expect(readdirSync(cli.latestRun)).toEqual(
    expect.arrayContaining([
      ...["plan.json", "journal.jsonl", "published.jsonl", "crowd-0.hlog", "crowd-0.jsonl", "stack.jsonl"],
      ...["verdict.json", "report.html", "junit.xml", "summary.md"],
    ]),
  );
  expect(readFileSync(join(cli.latestRun, "report.html"), "utf8")).toContain(verdict.sentence.slice(0, 20));
  const again = await cli.run(["report", cli.latestRun, "--format", "json"]);
  expect(JSON.parse(again.stdout)).toEqual(verdict);
  expect(cli.leftovers()).toEqual([]);
  expect(cli.leases()).toEqual([]);
});

// Side by side, being small: each is a minute of mostly waiting.
describe.concurrent("a small rehearsal of a goal", () => {
  test("an edge is killed: its clients come back elsewhere and miss nothing", {
    timeout: 180_000,
  }, async () => {
    await using cli = new Cli();
    const { exitCode, stdout, stderr } = await cli.run(
      cli.rehearsal("--clients", "600", "--chaos", "edge-crash", "--json"),
    );
    const verdict = JSON.parse(stdout);
    expect(verdict.verdict, `${verdict.sentence}\n${stderr}`).toBe("pass");
    expect(exitCode).toBe(0);
    expect(verdict.measures.resume.count).toBe(300);
    expect(verdict.measures.resume.maxMs).toBeGreaterThan(1000);
    expect(verdict.delivery).toMatchObject({ lost: 0, duplicate: 0 });
    expect(verdict.delivery.recovered).toBeGreaterThan(0);
    expect(cli.leftovers()).toEqual([]);
  });

  test("a budget that cannot be kept fails the gate, with the objective named", {
    timeout: 180_000,
  }, async () => {
    await using cli = new Cli();
    await cli.run(cli.rehearsal("--clients", "50", "--chaos", "none", "--duration", "32s", "--quiet"));
    expect(cli.verdict().verdict).toBe("pass");
    const strict = join(import.meta.dirname, "strict-budget.yaml");
    const gate = await cli.run(["gate", cli.latestRun, "--slo", strict]);
    expect(gate.exitCode).toBe(1);
    expect(gate.stdout).toMatch(/^Failed: /);
    expect(gate.stdout).toContain("✗");
  });
});
