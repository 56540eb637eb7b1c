import { describe, expect, test } from "vitest";
import { builtInExperiments } from "../../chaos/experiment.ts";
import { Cli } from "../e2e/cli.ts";

const ofPresale = [
  "on-sale-edge-crash",
  "on-sale-redis-down",
  "payment-8s",
  "payments-down",
  "primary-away",
  "replica-behind",
];

// One after the other: each is held to figures that another's load would spoil.
describe("every built-in experiment passes on the reference stack at its default size", () => {
  test.for(builtInExperiments())("%s", { timeout: 300_000 }, async (experiment) => {
    await using cli = new Cli();
    const scenario = ofPresale.includes(experiment) ? "presale" : "goal-spike";
    const args = ["run", scenario, "--stack", "local", "--chaos", experiment, "--out", cli.runsDir, "--json"];
    const { exitCode, stdout, stderr } = await cli.run(args);
    const { verdict, sentence, faults, untested } = JSON.parse(stdout);
    expect(verdict, `${sentence}\n${stderr}`).toBe("pass");
    expect(exitCode).toBe(0);
    expect(faults.length).toBeGreaterThan(0);
    // Every expectation is judged, and what a pass says of the fault is told.
    expect(untested.filter((id: string) => id.includes(": "))).toEqual([]);
    expect(sentence).toMatch(/^Passed\. .* While .+ for [\d.]+ s .+\.$/);
    expect(cli.leftovers()).toEqual([]);
  });
});
