import { expect, test } from "vitest";
import { LiveFeed } from "../measurements/live.ts";
import { healthyRun } from "../verdict/testing/record.ts";
import { Conductor } from "./conductor.ts";
import { Exposition } from "./exposition/exposition.ts";

test("anybody on this machine may scrape the run, and nobody else's orders are taken", async () => {
  await using conductor = await Conductor.start(1, () => {});
  expect((await fetch(`${conductor.url}/metrics`)).status).toBe(503);
  conductor.showMetrics(new Exposition(healthyRun().plan, new LiveFeed(1)));
  const answer = await fetch(`${conductor.url}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await answer.text()).toContain("\nmatchday_run_info{run=");
  expect((await fetch(`${conductor.url}/v1/clock`)).status).toBe(401);
});
