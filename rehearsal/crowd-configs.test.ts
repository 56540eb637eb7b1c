import { expect, test } from "vitest";
import type { Journey } from "../common/journey.ts";
import { healthyRun } from "../verdict/testing/record.ts";
import { crowdConfigs } from "./crowd-configs.ts";

const place = {
  edges: ["http://127.0.0.1:1"],
  conductor: { url: "http://127.0.0.1:2", tokenOf: (generator: number) => `secret of ${generator}` },
  folder: "/runs/one",
};

test("each generator traces what the plan says, into a file of its own", () => {
  const { plan } = healthyRun({ generators: 2 });
  const trace = { share: 0.01, windows: [{ fromMs: 1000, toMs: 2000 }] };
  const configs = crowdConfigs({ ...plan, trace }, place);
  expect(configs.map((config) => config.trace)).toEqual([trace, trace]);
  expect(configs.map(({ files }) => files?.spans)).toEqual([
    "/runs/one/spans-0.jsonl",
    "/runs/one/spans-1.jsonl",
  ]);
  expect(configs.map(({ conductor }) => conductor!.token)).toEqual(["secret of 0", "secret of 1"]);
});

test("a plan from before there were traces asks for none", () => {
  const { trace: _, ...plan } = healthyRun({ generators: 1 }).plan;
  const [config] = crowdConfigs(plan, place);
  expect(config).not.toHaveProperty("trace");
  expect(config!.files).not.toHaveProperty("spans");
});

test("a crowd with journeys knows its targets, and keeps a history for each generator", () => {
  const { plan } = healthyRun({ generators: 2 });
  const journeys: Journey[] = [
    { id: "buy", share: 1, steps: [{ name: "bought", do: "end", end: "completed", cause: "" }] },
  ];
  const targets = { "box-office": ["http://127.0.0.1:3"] };
  const configs = crowdConfigs({ ...plan, crowd: { ...plan.crowd, journeys } }, { ...place, targets });
  expect(configs[1]).toMatchObject({ journeys, targets: { edges: place.edges, ...targets } });
  expect(configs.map(({ files }) => files?.history)).toEqual([
    "/runs/one/history-0.jsonl",
    "/runs/one/history-1.jsonl",
  ]);
  const [config] = crowdConfigs(plan, place);
  expect(config).not.toHaveProperty("journeys");
  expect(config!.files).not.toHaveProperty("history");
});
