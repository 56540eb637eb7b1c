import { expect, test } from "vitest";
import { judge } from "../judge.ts";
import { finalScreenOf, healthyRun, leaveAtMs, startAtUs, starve, stream } from "../testing/record.ts";

type Run = ReturnType<typeof healthyRun>;
const invariantOf = ({ plan, record }: Run, id: string) =>
  judge(plan, record).invariants.find((candidate) => candidate.id === id)!;
const finalOf = ({ record }: Run) => record.generators[0]!.final!.streams[stream]!;

const right = "FULL_TIME 2-0 g1:GOAL:home:12:Silva g2:GOAL:home:30:Silva:retracted g3:GOAL:home:70:Silva";

test("final-screen: the ledger's fold, retraction included", () => {
  const run = healthyRun();
  expect(finalScreenOf(run.record.published)).toBe(right);
  expect(invariantOf(run, "final-screen")).toEqual({
    id: "final-screen",
    title: "Every screen ends on the right score",
    ok: true,
    checked: 2000,
    violations: [],
  });
});

test("final-screen: names the wrong screens, with how many show them", () => {
  const run = healthyRun();
  finalOf(run).screens = { [right]: 997, "FULL_TIME 3-0": 3 };
  expect(invariantOf(run, "final-screen")).toMatchObject({
    ok: false,
    checked: 2000,
    violations: [{ stream, what: `3 clients end on "FULL_TIME 3-0" instead of "${right}"` }],
  });
  expect(judge(run.plan, run.record).sentence).toMatch(
    /^Failed: 3 clients end on "FULL_TIME 3-0" .+ \(final-screen\)\.$/,
  );
});

test("final-screen: slow readers end on it too", () => {
  const run = healthyRun();
  finalOf(run).slowScreens = { [right]: 9, "FIRST_HALF 0-0": 1 };
  expect(invariantOf(run, "final-screen")).toMatchObject({
    ok: false,
    checked: 2010,
    violations: [{ what: `1 slow client ends on "FIRST_HALF 0-0" instead of "${right}"` }],
  });
});

test("final-screen: an old screen on a full machine may be delay, a screen that never was may not", () => {
  const run = healthyRun();
  starve(run, [57, 58, 59]);
  finalOf(run).screens = { [right]: 999, "FIRST_HALF 1-0 g1:GOAL:home:12:Silva": 1 };
  expect(judge(run.plan, run.record).verdict).toBe("unknown");
  finalOf(run).screens = { [right]: 999, "FIRST_HALF 5-0": 1 };
  expect(judge(run.plan, run.record).verdict).toBe("fail");
});

test("final-screen: what was published just before the leave may be missing, or not", () => {
  const run = healthyRun();
  const seq = run.record.published.length + 1;
  const atUs = startAtUs + (leaveAtMs - 500) * 1000;
  run.record.published.push({
    stream,
    seq,
    class: "status",
    sourceAtUs: atUs,
    publishedAtUs: atUs,
    event: { type: "STATUS", factId: "status", version: 3, status: "CLOSED" },
  });
  finalOf(run).screens = { [right]: 600, [right.replace("FULL_TIME", "CLOSED")]: 400 };
  expect(invariantOf(run, "final-screen").ok).toBe(true);
});

test("ledger-contiguous: holes and repeats", () => {
  const run = healthyRun();
  const { published } = run.record;
  run.record.published = [...published.filter(({ seq }) => ![7, 8, 20].includes(seq)), published[2]!];
  expect(invariantOf(run, "ledger-contiguous")).toMatchObject({
    ok: false,
    checked: 60,
    violations: [
      { what: "match:final 3 is there 2 times", seq: 3 },
      { what: "match:final 7 to 8 are missing", seq: 7 },
      { what: "match:final 20 is missing", seq: 20 },
    ],
  });
});

test("ledger-contiguous: a stream that does not begin at 1", () => {
  const run = healthyRun();
  run.record.published = run.record.published.slice(1);
  expect(invariantOf(run, "ledger-contiguous").violations).toEqual([
    { what: "match:final 1 is missing", stream, seq: 1 },
  ]);
});

test("nothing-misdelivered: the count is the clients', the names are the sample's", () => {
  const run = healthyRun();
  run.record.generators[1]!.final!.counters.misdelivered = 5;
  run.record.anomalies = [
    { kind: "misdelivered", client: 4, stream: "match:other", seq: 9, atMs: 100 },
    { kind: "duplicate", client: 5, stream, seq: 9, atMs: 100 },
  ];
  expect(invariantOf(run, "nothing-misdelivered")).toMatchObject({
    ok: false,
    checked: 120_000,
    violations: [
      { what: "client 4 got match:other 9, which is not for it", client: 4, stream: "match:other", seq: 9 },
      { what: "4 more misdelivered" },
    ],
  });
});

test("an invariant with nothing to look at is neither kept nor broken", () => {
  const run = healthyRun();
  run.record.published = [];
  for (const { final, intervals } of run.record.generators) {
    final!.streams = {};
    final!.counters.events = 0;
    for (const { counters } of intervals) counters.events = 0;
  }
  expect(judge(run.plan, run.record).invariants.map(({ ok }) => ok)).toEqual([null, null, null]);
});

test.each([
  ["ledger-contiguous", "published.jsonl"],
  ["final-screen", "published.jsonl"],
  ["final-screen", "crowd-0.jsonl"],
])("%s is not exercised where %s is not whole", (id, file) => {
  const run = healthyRun();
  run.record.published.splice(3, 2);
  finalOf(run).screens = { "FULL_TIME 9-9": 1000 };
  run.record.damage = [{ file, code: "LINE_INVALID", fact: `${file}, line 4: seq: expected number` }];
  expect(invariantOf(run, id)).toMatchObject({ ok: null, checked: 0, violations: [] });
  expect(judge(run.plan, run.record).verdict).toBe("unknown");
});

test("nothing-misdelivered tells what was counted, whatever else is missing", () => {
  const run = healthyRun();
  run.record.damage = [{ file: "published.jsonl", code: "LINE_CUT", fact: "published.jsonl ends in line 4" }];
  expect(invariantOf(run, "nothing-misdelivered")).toMatchObject({ ok: true });
});
