import { describe, expect, test } from "vitest";
import { defects } from "../../common/presale.ts";
import { Cli } from "./cli.ts";

const timeout = 300_000;

/** Seven things that must never be otherwise; each has something to check in every run. */
const invariants = [
  "admission-in-order",
  "no-lost-place",
  "no-payment-without-seat",
  "no-seat-lost",
  "no-seat-sold-twice",
  "paid-booking-recorded-once",
  "purchase-limit-kept",
];

async function presale(cli: Cli, ...more: string[]) {
  const ended = await cli.run([
    ...["run", "presale", "--stack", "local", "--out", cli.runsDir, "--json"],
    ...more,
  ]);
  return { ...ended, verdict: cli.verdict() };
}

test("1,500 buyers, a third of the seats, Redis away for 10 s: every seat is sold once, nobody loses a place", {
  timeout,
}, async () => {
  await using cli = new Cli();
  const { verdict, stderr, exitCode } = await presale(cli, "--clients", "1500");
  expect(verdict.verdict, `${verdict.sentence}\n${stderr}`).toBe("pass");
  expect(exitCode).toBe(0);
  expect(verdict.invariants.map(({ id }) => id).toSorted()).toEqual(invariants);
  for (const { id, ok, checked } of verdict.invariants)
    expect({ id, ok, some: checked > 0 }).toEqual({ id, ok: true, some: true });
  expect(verdict.faults).toMatchObject([{ kind: "redis-down", healed: true }]);
  const decisions = cli.journal().filter(({ type }) => type === "admission");
  expect(decisions[0]).toMatchObject({ reason: "conflicts are below the target" });
  expect(decisions.map(({ reason }) => reason)).toContain("few seats are left");
  expect(cli.leftovers()).toEqual([]);
  expect(cli.leases()).toEqual([]);
});

// Side by side, since none of them is held to a target: each is a minute and a half of mostly waiting.
describe.concurrent("a presale", { timeout }, () => {
  test.for(Object.entries(defects))(
    "with the planted bug %s: it is named by what it has done",
    async ([defect, { invariant: breaks }], { expect }) => {
      await using cli = new Cli();
      const { verdict, stderr, exitCode } = await presale(cli, ...["--clients", "1500", "--defect", defect]);
      expect(exitCode, `${verdict.sentence}\n${stderr}`).toBe(1);
      const broken = verdict.invariants.find(({ id }) => id === breaks)!;
      expect(broken.ok).toBe(false);
      expect(broken.violations[0]!.what).toMatch(/(seat|booking|client|buyer) \S*\d/);
      // Without places there is no order; all else is as it should be.
      const alsoBroken = verdict.invariants.filter(({ id, ok }) => ok === false && id !== breaks);
      expect(
        alsoBroken
          .map(({ id }) => id)
          .filter((id) => id !== "admission-in-order" || breaks !== "no-lost-place"),
      ).toEqual([]);
      expect(cli.leftovers()).toEqual([]);
    },
  );
});

test("every defect is listed with what shows it, and only a system that has it takes it", async () => {
  await using cli = new Cli();
  const { stdout } = await cli.run(["stack", "defects", "--json"]);
  expect(JSON.parse(stdout)).toEqual(Object.entries(defects).map(([id, defect]) => ({ id, ...defect })));
  const unknown = await cli.run(["run", "goal-spike", "--defect", "lost-hold"]);
  expect(unknown.stderr).toMatch(/DEFECT_UNKNOWN: live-scores has no defect "lost-hold"/);
  expect(unknown.exitCode).toBe(64);
});
