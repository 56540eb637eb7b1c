/**
 * Whatever somebody hands in: a documented exit code, an error with a code, a fact and a remedy, within five seconds, and
 * nothing written elsewhere. `FUZZ_SEED=7 FUZZ_CASES=20000` looks at others, and at more; a failure prints its seed.
 */
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { loadExperiment } from "../../chaos/experiment.ts";
import { readAllowance } from "../../common/allowance.ts";
import type { Journey } from "../../common/journey.ts";
import { projectRoot } from "../../common/paths.ts";
import { scenarios } from "../../scenarios/index.ts";
import { crowdJourneyProblems } from "../../scenarios/journeys/problems.ts";
import { allowanceProblem } from "../../verdict/allowance-check.ts";
import { type Ended, inProcess } from "./in-process.ts";
import {
  editLeaves,
  editText,
  editValue,
  hostileText,
  type TextEdit,
  textEdits,
  type ValueEdit,
  valueEdits,
} from "./mutations.ts";
import { type FolderText, savedRuns, writeFolder } from "./saved-run-folder.ts";

// Side effects begin here: a run, an engine, a Grafana, what earlier runs have left.
vi.mock("../../rehearsal/rehearse.ts", async (original) => {
  const { MatchdayError } = await import("../../common/errors.ts");
  return {
    ...(await original<object>()),
    rehearse: async () => {
      throw new MatchdayError("FUZZ_RUN", "a run would begin now", { hint: "none", exitCode: 0 });
    },
  };
});
vi.mock("../../rehearsal/stack-choice.ts", async (original) => ({
  ...(await original<object>()),
  chooseStack: async () => ({ provider: "local" }),
}));
vi.mock("../../rehearsal/clean-up.ts", () => ({ cleanUp: async () => [] }));
vi.mock("../../rehearsal/doctor.ts", async (original) => ({
  ...(await original<object>()),
  doctor: async () => ({ clientsMax: 1, machine: {}, limits: [], checks: [] }),
}));
vi.mock("../../rehearsal/stacks.ts", async (original) => {
  const { MatchdayError } = await import("../../common/errors.ts");
  return {
    ...(await original<object>()),
    standUp: async () => {
      throw new MatchdayError("FUZZ_STACK", "a stack would begin now", { hint: "none", exitCode: 0 });
    },
  };
});
vi.mock("../../reference-stack/providers/containers/standing.ts", async (original) => ({
  ...(await original<object>()),
  standingStacks: async () => [],
  down: async () => "stack",
  logs: async () => "a line\n",
}));
vi.mock("../../dashboards/grafana/push.ts", () => ({ pushDashboards: async () => [] }));
vi.mock("../../dashboards/export.ts", () => ({ exportDashboards: () => [], dashboardFiles: () => [] }));

const cases = Number(process.env.FUZZ_CASES ?? 2000);
const seed = Number(process.env.FUZZ_SEED ?? 1);
const timeout = 60_000 + cases * 100;
/** Shares of the cases: what is read most is fuzzed most. */
const runs = (share: number) => ({ numRuns: Math.ceil(cases * share), seed });

let folder: string;
let before: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "matchday-fuzz-"));
  before = filesOf(projectRoot);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  expect(filesOf(projectRoot)).toEqual(before);
});

const notLookedAt = new Set(["node_modules", ".git", ".matchday", "bin"]);

/** Every file of ours with its time: a command that writes beside its own folders writes here first. */
function filesOf(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (notLookedAt.has(entry.name)) return [];
    return entry.isDirectory()
      ? filesOf(path)
      : [`${path} ${statSync(path, { throwIfNoEntry: false })?.mtimeMs}`];
  });
}

const documented = [0, 1, 2, 64, 130];
const told = /^✗ [A-Z][A-Z0-9_]+: \S.*?\n {2}→ \S/s;
/** What acts on a terminal; line breaks are wanted. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const acts = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function check(args: readonly string[], { exitCode, stdout, stderr, ms }: Ended): void {
  const what = `${JSON.stringify(args)} ended with ${exitCode}\n${stderr.slice(0, 2000)}`;
  expect(documented, what).toContain(exitCode);
  expect(stderr, what).not.toContain("HARNESS_FAILED");
  if (exitCode === 64 || (exitCode === 2 && stdout === ""))
    expect(stderr.replace(/^Usage:.*?(?=✗)/s, ""), what).toMatch(told);
  expect(stderr, what).not.toMatch(acts);
  // Pages and files of other formats are for their own readers.
  if (!args.some((arg) => ["html", "junit", "markdown"].includes(arg)))
    expect(stdout, what).not.toMatch(acts);
  expect(ms, what).toBeLessThan(5000);
}

async function holds(...args: string[]): Promise<void> {
  check(args, await inProcess(args));
}

const flags: Record<string, string[]> = {
  run: [
    "--clients",
    "--chaos",
    "--slo",
    "--duration",
    "--design",
    "--stack",
    "--defect",
    "--seed",
    "--out",
    "--base-port",
    "--json",
    "--quiet",
  ],
  report: ["--format"],
  gate: ["--slo", "--json"],
  "stack up": ["--system", "--clients", "--edges", "--base-port"],
  "stack down": [],
  "stack status": ["--json"],
  "stack logs": ["--tail", "--nothing"],
  "stack compose": ["--system", "--clients", "--edges"],
  "stack defects": ["--json"],
  "chaos list": ["--json"],
  "chaos check": [],
  "chaos recover": [],
  systems: ["--json"],
  scenarios: ["--json"],
  designs: ["--json"],
  "dashboards push": ["--grafana", "--token-env", "--folder"],
  "dashboards export": ["--out", "--rules"],
  doctor: ["--json"],
  "": ["--version", "--help"],
};

test("arguments", { timeout }, async () => {
  const word = fc.oneof(
    hostileText,
    fc.constantFrom("goal-spike", "presale", "2000", "90s", "redis-down", "html", "edge-1"),
  );
  const command = fc.constantFrom(...Object.keys(flags)).chain((name) =>
    fc.record({
      name: fc.constant(name.split(" ").filter(Boolean)),
      plain: fc.array(word, { maxLength: 2 }),
      options: fc.array(
        fc.tuple(
          fc.oneof(fc.constantFrom(...(flags[name]!.length > 0 ? flags[name]! : ["--x"])), hostileText),
          word,
        ),
        { maxLength: 4 },
      ),
    }),
  );
  await fc.assert(
    fc.asyncProperty(command, ({ name, plain, options }) => holds(...name, ...plain, ...options.flat())),
    runs(0.3),
  );
});

const builtIn = (dir: string) =>
  readdirSync(join(projectRoot, dir))
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => readFileSync(join(projectRoot, dir, file), "utf8"));

const fileWith = (text: string) => {
  const file = join(folder, "given.yaml");
  writeFileSync(file, text);
  return file;
};

const editedText = (texts: string[]) =>
  fc
    .tuple(fc.constantFrom(...texts), textEdits)
    .map(([text, edits]: [string, TextEdit[]]) => editText(text, edits));

test("budgets, with what they allow", { timeout }, async () => {
  const [run] = savedRuns();
  writeFolder(join(folder, "whole"), run!);
  await fc.assert(
    // To judge again takes longest.
    fc.asyncProperty(
      editedText(builtIn("verdict/budgets")),
      fc.integer({ min: 0, max: 3 }),
      async (text, which) => {
        const judged =
          which === 0 ? ["gate", join(folder, "whole")] : ["run", "goal-spike", "--stack", "local"];
        await holds(...judged, "--slo", fileWith(text));
      },
    ),
    runs(0.2),
  );
});

test("experiments", { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(editedText(builtIn("chaos/experiments")), (text) =>
      holds("chaos", "check", fileWith(text)),
    ),
    runs(0.2),
  );
  expect(loadExperiment("redis-down")).not.toBeNull();
});

test("allowances and journeys", () => {
  const entries = [
    { "event_age{class=goal}.p99": "12s" },
    { "delivery.ratio": "90%" },
    { "delivery.late": 500 },
  ];
  fc.assert(
    fc.property(fc.constantFrom(...entries), valueEdits, (entry, edits) => {
      const read = readAllowance(editValue<unknown>(entry, edits));
      expect("fact" in read ? read.fact : (allowanceProblem(read) ?? "fine")).not.toBe("");
    }),
    runs(0.05),
  );
  // Journeys are written in TypeScript: what is wrong in kind is told by the compiler.
  const walked = [...scenarios.values()].flatMap((scenario) => {
    const { crowd } = scenario.plan({ clients: 2000, durationMs: 90_000, faultMs: 0, cores: 2, seed: 1 });
    return crowd.journeys ? [crowd.journeys] : [];
  });
  fc.assert(
    fc.property(fc.constantFrom(...walked), valueEdits, (journeys, edits) => {
      for (const { code, fact, remedy } of crowdJourneyProblems(
        editLeaves<Journey[]>(journeys, edits),
        "given.ts",
      )) {
        expect([code, fact, remedy].every(Boolean)).toBe(true);
      }
    }),
    runs(0.05),
  );
});

interface FolderEdit {
  file: number;
  how: "lines" | "text" | "missing" | "folder" | "pipe" | "device" | "loop";
  line: number;
  values: ValueEdit[];
  texts: TextEdit[];
}

function damaged(files: FolderText, edits: readonly FolderEdit[], path: string): void {
  rmSync(path, { recursive: true, force: true });
  const left: FolderText = { ...files };
  const names = Object.keys(files);
  const after: (() => void)[] = [];
  for (const { file, how, line, values, texts } of edits) {
    const name = names[Math.floor(file * names.length)]!;
    const at = join(path, name);
    const text = left[name];
    if (text === undefined) continue;
    if (how === "text") left[name] = editText(text, texts);
    else if (how === "lines") left[name] = withEditedLine(name, text, line, values);
    else {
      delete left[name];
      if (how === "folder") after.push(() => mkdirSync(at));
      if (how === "pipe") after.push(() => execFileSync("mkfifo", [at]));
      if (how === "device") after.push(() => symlinkSync("/dev/zero", at));
      if (how === "loop") after.push(() => symlinkSync(at, at));
    }
  }
  writeFolder(path, left);
  for (const make of after) make();
}

function withEditedLine(name: string, text: string, line: number, values: ValueEdit[]): string {
  const lines = name === "plan.json" ? [text] : text.split("\n");
  const index = Math.floor(line * lines.length);
  try {
    return lines.with(index, JSON.stringify(editValue(JSON.parse(lines[index]!), values))).join("\n");
  } catch {
    return text.slice(0, Math.floor(line * text.length));
  }
}

test("run folders", { timeout }, async () => {
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const hows = [
    "lines",
    "lines",
    "lines",
    "lines",
    "text",
    "text",
    "missing",
    "folder",
    "pipe",
    "device",
    "loop",
  ] as const;
  const edits = fc.array(
    fc.record({
      file: share,
      how: fc.constantFrom(...hows),
      line: share,
      values: valueEdits,
      texts: textEdits,
    }),
    { minLength: 1, maxLength: 3 },
  );
  const path = join(folder, "damaged");
  const asked = fc.constantFrom(
    ["report", path],
    ["report", path, "--format", "html"],
    ["report", path, "--format", "json"],
    ["report", path, "--format", "junit"],
    ["report", path, "--format", "markdown"],
    ["gate", path, "--slo", "live-scores"],
    ["gate", path, "--slo", "presale", "--json"],
  );
  const saved = savedRuns();
  await fc.assert(
    fc.asyncProperty(fc.nat(saved.length - 1), edits, asked, async (which, given, args) => {
      damaged(saved[which]!, given, path);
      await holds(...args);
    }),
    runs(0.2),
  );
});
