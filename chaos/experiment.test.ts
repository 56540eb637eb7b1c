import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PlanError } from "../common/errors.ts";
import { partsOf } from "../reference-stack/topology.ts";
import { builtInExperiments, loadExperiment, parseExperiment } from "./experiment.ts";
import { listChaos } from "./list.ts";
import { smallestShape } from "./stack-shape.ts";

const boxOffice = partsOf(2, { system: "box-office" });

test.each(builtInExperiments())("the built-in experiment %s is sound on the smallest stack", (id) => {
  const experiment = loadExperiment(id, smallestShape)!;
  expect(experiment.id).toBe(id);
  expect(experiment.faults.length).toBeGreaterThan(0);
  expect(experiment.faults.some(({ expect: expected }) => expected.length > 0)).toBe(true);
});

test.each([
  "on-sale-redis-down",
  "on-sale-edge-crash",
  "payment-8s",
  "payments-down",
  "primary-away",
  "replica-behind",
])("%s is sound on the box office", (id) => {
  expect(loadExperiment(id, boxOffice)!.id).toBe(id);
});

test("an experiment is refused on a stack that has nothing to break", () => {
  expect(() => loadExperiment("payments-down", partsOf(2))).toThrow(/legs: "\*\.payments" names no leg/);
});

test("an experiment is read whole", () => {
  const { experiment } = parseExperiment(
    `title: All of it
faults:
  - kind: redis-down
    at: 1s500ms
    for: 10s
    options: { mode: black-hole, legs: "edge-*.redis" }
    expect:
      - clients-stay-connected: 99.5%
      - nothing-lost
      - steady-within: 5s
  - kind: redis-down
    at: 20s
    for: 1s
    expect:
      - clients-stay-connected: 0.9
`,
    "chaos/my-night.yaml",
  );
  expect(experiment).toEqual({
    id: "my-night",
    title: "All of it",
    faults: [
      {
        id: "redis-down",
        kind: "redis-down",
        options: { mode: "black-hole", legs: "edge-*.redis" },
        atMs: 1500,
        forMs: 10_000,
        expect: [
          { id: "clients-stay-connected", share: 0.995 },
          { id: "nothing-lost" },
          { id: "steady-within", ms: 5000 },
        ],
      },
      {
        id: "redis-down-2",
        kind: "redis-down",
        options: {},
        atMs: 20_000,
        forMs: 1000,
        expect: [{ id: "clients-stay-connected", share: 0.9 }],
      },
    ],
  });
});

const oneFault = (lines: string) => `title: t\nfaults:\n  - ${lines.split("\n").join("\n    ")}\n`;

test.each([
  ["", ["x.yaml:1: an experiment is a mapping"]],
  ["just words", ["x.yaml:1: an experiment is a mapping"]],
  [
    "title: t\n  faults: [",
    [
      "x.yaml:1: Nested mappings are not allowed in compact mappings",
      "x.yaml:1: Implicit keys need to be on a single line",
      /^x\.yaml:2: Flow sequence/,
    ],
  ],
  ["title: t\ntitle: u\nfaults: []", ["x.yaml:2: Map keys must be unique"]],
  ["faults: []", ["x.yaml:1: title is missing, or no text", "x.yaml:1: faults is missing, or no list"]],
  [
    "title: t\nfaults: []\nfault: 1",
    ['x.yaml:3: an experiment has no "fault"', "x.yaml:2: faults is missing, or no list"],
  ],
  ["title: t\nfaults:\n  - redis-down", ["x.yaml:3: a fault is a mapping"]],
  [oneFault("for: 1s"), ["x.yaml:3: kind is missing"]],
  [oneFault("kind: meteor\nfor: 1s"), ['x.yaml:3: there is no fault "meteor"']],
  [oneFault("kind: redis-down"), ["x.yaml:3: for is missing"]],
  [oneFault("kind: redis-down\nfor: 10"), ["x.yaml:4: for: 10 is no duration"]],
  [oneFault("kind: redis-down\nfor: ten"), ['x.yaml:4: for: "ten" is no duration']],
  [oneFault("kind: redis-down\nfor: 0s"), ["x.yaml:4: for: a fault of 0 ms does nothing"]],
  [oneFault("kind: redis-down\nfor: 1s\nat: -1s"), ['x.yaml:5: at: "-1s" is no duration']],
  [oneFault("kind: redis-down\nfor: 1s\nduring: 2s"), ['x.yaml:5: a fault has no "during"']],
  [oneFault("kind: redis-down\nfor: 1s\noptions: [a]"), [/^x\.yaml:5: options of redis-down: /]],
  [oneFault("kind: redis-down\nfor: 1s\noptions:\n  mode: slow"), [/^x\.yaml:6: option mode: /]],
  [
    oneFault("kind: redis-down\nfor: 1s\noptions:\n  leg: a\n  legs: 3"),
    [/^x\.yaml:7: option legs: /, 'x.yaml:6: redis-down has no option "leg"'],
  ],
  [
    oneFault("kind: feed-jitter\nfor: 1s\noptions:\n  jitter: some"),
    [/^x\.yaml:6: option jitter: "some" is no duration/],
  ],
  [
    oneFault("kind: feed-jitter\nfor: 1s\noptions:\n  jitter: 0s\n  latency: 0s"),
    ["x.yaml:7: option latency: latency and jitter are both 0: nothing would happen"],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\noptions:\n  legs: '*.kafka'"),
    ['x.yaml:6: legs: "*.kafka" names no leg of this stack'],
  ],
  [oneFault("kind: edge-crash\nfor: 1s\noptions:\n  edge: edge-3"), ["x.yaml:6: this stack has no edge-3"]],
  [
    oneFault("kind: edge-crash\nfor: 1s\noptions:\n  edge: last"),
    [/^x\.yaml:6: option edge: an edge is called/],
  ],
  [oneFault("kind: redis-down\nfor: 1s\nexpect: nothing-lost"), ["x.yaml:5: expect is no list"]],
  [
    oneFault("kind: redis-down\nfor: 1s\nexpect: [all-well]"),
    ['x.yaml:5: there is no expectation "all-well"'],
  ],
  [oneFault("kind: redis-down\nfor: 1s\nexpect: [3]"), ["x.yaml:5: 3 is no expectation"]],
  [
    oneFault("kind: redis-down\nfor: 1s\nexpect: [nothing-lost, nothing-lost]"),
    ["x.yaml:5: nothing-lost is expected twice"],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\nexpect: [{nothing-lost: 3}]"),
    ["x.yaml:5: nothing-lost takes no value"],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\nexpect:\n  - clients-stay-connected: 99"),
    [/^x\.yaml:6: clients-stay-connected: 99 is no share/],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\nexpect:\n  - clients-stay-connected: 0%"),
    [/^x\.yaml:6: clients-stay-connected: "0%" is no share/],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\nexpect:\n  - steady-within: 5"),
    [/^x\.yaml:6: steady-within: 5 is no duration/],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\nexpect:\n  - steady-within: 0s"),
    [/^x\.yaml:6: steady-within: "0s" is no duration/],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\nexpect:\n  - {nothing-lost: , steady-within: 1s}"),
    [/^x\.yaml:6: .*one entry holds one$/],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\nallow:\n  - delivery.ratio: soon\nfor-at-most: 2s"),
    [/^x\.yaml:6: delivery\.ratio: "soon" is no duration, percentage or count$/],
  ],
  [
    oneFault("kind: redis-down\nfor: 1s\nallow:\n  - delivery.ratio: 120%\nfor-at-most: 2s"),
    [/^x\.yaml:6: delivery\.ratio: "120%" is no duration, percentage or count$/],
  ],
  [
    oneFault(
      "kind: redis-down\nfor: 1s\nallow:\n  - {delivery.late: 1, delivery.ratio: 1%}\nfor-at-most: 2s",
    ),
    [/^x\.yaml:6: .* one entry is one measure and its value$/],
  ],
  [
    oneFault(
      "kind: redis-down\nfor: 1s\nallow:\n  - delivery.late: 1\n  - delivery.late: 2\nfor-at-most: 2s",
    ),
    [/^x\.yaml:7: delivery\.late is allowed twice$/],
  ],
  // An allowance without an end would hold for ever.
  [
    oneFault("kind: redis-down\nfor: 1s\nallow:\n  - delivery.late: 1"),
    [/^x\.yaml:3: for-at-most is missing$/],
  ],
  [oneFault("kind: redis-down\nfor: 1s\nfor-at-most: 2s"), [/^x\.yaml:3: for-at-most without allow$/]],
  [
    oneFault("kind: redis-down\nfor: 1s\nallow: []\nfor-at-most: 2s"),
    [/^x\.yaml:5: allow is no list, or empty$/],
  ],
])("%j is refused", (text, facts) => {
  const { experiment, problems } = parseExperiment(text, "x.yaml", partsOf(2));
  expect(experiment).toBeNull();
  expect(problems.map(({ fact }) => fact)).toEqual(
    facts.map((fact) => (fact instanceof RegExp ? expect.stringMatching(fact) : fact)),
  );
  for (const { code, remedy } of problems) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(remedy, "remedy").toBeTruthy();
  }
});

test("what a fault may cost is read with its units, and checked by whoever knows the measures", () => {
  const text = oneFault(
    "kind: redis-down\nfor: 10s\nallow:\n  - event_age{class=goal}.p99: 12s\n  - delivery.ratio: 0%\n  - delivery.late: 500\nfor-at-most: 15s",
  );
  expect(parseExperiment(text, "x.yaml").experiment!.faults[0]!.allow).toEqual({
    measures: [
      { measure: "event_age{class=goal}.p99", target: 12_000, unit: "ms" },
      { measure: "delivery.ratio", target: 0, unit: "ratio" },
      { measure: "delivery.late", target: 500, unit: "count" },
    ],
    forAtMostMs: 15_000,
  });
  const { problems } = parseExperiment(text, "x.yaml", undefined, ({ measure }) =>
    measure === "delivery.late" ? "there is no such measure" : undefined,
  );
  expect(problems.map(({ fact }) => fact)).toEqual(["x.yaml:8: there is no such measure"]);
});

test("every problem of a file comes at once, each with its line", () => {
  const { problems } = parseExperiment(
    `faults:
  - kind: redis-down
    for: 10
    expect: [luck]
  - kind: meteor
    for: 1s
  - kind: edge-crash
    for: 5s
  - kind: edge-pause
    at: 2s
    for: 5s
`,
    "x.yaml",
    partsOf(2),
  );
  expect(problems.map(({ code, fact }) => `${code} ${fact}`)).toEqual([
    "EXPERIMENT_INVALID x.yaml:1: title is missing, or no text",
    "EXPERIMENT_INVALID x.yaml:3: for: 10 is no duration",
    'EXPECTATION_UNKNOWN x.yaml:4: there is no expectation "luck"',
    'FAULT_KIND_UNKNOWN x.yaml:5: there is no fault "meteor"',
    "FAULTS_OVERLAP x.yaml:9: edge-pause overlaps with edge-crash (line 7) on edge-2",
  ]);
});

const pair = (first: string, second: string) =>
  parseExperiment(`title: t\nfaults:\n  - {${first}}\n  - {${second}}\n`, "x.yaml").problems.map(
    ({ fact }) => fact,
  );

test.each([
  ["kind: redis-down, for: 10s", "kind: slow-redis, at: 9s, for: 1s", /on scores\.redis, .* more$/],
  [
    "kind: redis-down, at: 5s, for: 10s",
    "kind: redis-down, for: 6s, options: {legs: edge-2.redis}",
    /on edge-2\.redis$/,
  ],
  ["kind: edge-crash, for: 10s", "kind: edge-pause, for: 1s", /on edge-512$/],
  ["kind: payment-slow, for: 10s", "kind: payments-down, at: 9s, for: 1s", /on box-office-1\.payments, /],
])("%s and %s overlap", (first, second, fact) => {
  expect(pair(first, second)).toEqual([expect.stringMatching(fact)]);
});

test.each([
  ["kind: redis-down, for: 10s", "kind: redis-down, at: 10s, for: 1s"],
  ["kind: redis-down, for: 10s", "kind: postgres-down, for: 10s"],
  [
    "kind: redis-down, for: 10s, options: {legs: edge-1.redis}",
    "kind: redis-down, for: 10s, options: {legs: edge-2.redis}",
  ],
  ["kind: edge-crash, for: 10s", "kind: edge-crash, for: 10s, options: {edge: edge-1}"],
])("%s and %s do not overlap", (first, second) => {
  expect(pair(first, second)).toEqual([]);
});

test("without a stack, what a fault names is not looked for", () => {
  const text = oneFault("kind: redis-down\nfor: 1s\noptions:\n  legs: checkout.payments");
  expect(parseExperiment(text, "x.yaml").problems).toEqual([]);
});

test("an experiment is found by name, by path, or not at all", () => {
  expect(loadExperiment("none")).toBeNull();
  const dir = mkdtempSync(join(tmpdir(), "matchday-experiment-"));
  try {
    const file = join(dir, "mine.yaml");
    writeFileSync(file, oneFault("kind: redis-down\nfor: 1s"));
    expect(loadExperiment(file)).toMatchObject({ id: "mine", faults: [{ kind: "redis-down", forMs: 1000 }] });
    writeFileSync(file, "title: t");
    expect(() => loadExperiment(file)).toThrow(PlanError);
    expect(() => loadExperiment(dir)).toThrow(
      expect.objectContaining({
        code: "EXPERIMENT_NOT_FOUND",
        message: expect.stringContaining("it is a folder"),
      }),
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
  expect(() => loadExperiment("redis-donw")).toThrow(
    expect.objectContaining({
      code: "EXPERIMENT_NOT_FOUND",
      exitCode: 64,
      hint: expect.stringContaining(builtInExperiments().join(", ")),
    }),
  );
});

test("the list names every experiment and every fault, each once", () => {
  const list = listChaos();
  expect(list.filter(({ what }) => what === "experiment").map(({ id }) => id)).toEqual(builtInExperiments());
  for (const { id, title } of list) expect(title, id).not.toBe("");
  expect(list).toContainEqual(
    expect.objectContaining({
      what: "fault",
      id: "redis-down",
      options: { legs: "*.redis", mode: "refuse" },
    }),
  );
});

test("1,500 faults are refused by their number, and not looked at pair by pair", () => {
  const text = `title: t\nfaults:\n${"  - {kind: redis-down, for: 10s}\n".repeat(1500)}`;
  const begunAt = performance.now();
  expect(parseExperiment(text, "many.yaml").problems).toEqual([
    {
      code: "EXPERIMENT_INVALID",
      fact: "many.yaml:3: there are 1,500 faults, and at most 100 can be planned",
      remedy: "leave some out",
    },
  ]);
  expect(performance.now() - begunAt).toBeLessThan(2000);
});

test("of many problems the first are told, and how many more there are", () => {
  const text = `title: t\nfaults:\n${"  - {kind: redis-down, for: 10s}\n".repeat(100)}`;
  const { problems } = parseExperiment(text, "many.yaml");
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toMatchObject({ fact: "many.yaml has 4,930 more problems" });
});

test.each(["{a,b}".repeat(20), "{1..1000000}", `${"*a".repeat(60)}`, "+(a|a)", "{a,{b,c}}"])(
  "legs %j would take minutes to lay out: refused",
  (legs) => {
    const begunAt = performance.now();
    const text = `title: t\nfaults:\n  - {kind: slow-redis, for: 10s, options: {legs: "${legs}"}}\n`;
    const { problems } = parseExperiment(text, "glob.yaml", smallestShape);
    expect(problems).toMatchObject([{ code: "FAULT_OPTION_INVALID" }]);
    expect(performance.now() - begunAt).toBeLessThan(2000);
  },
);
