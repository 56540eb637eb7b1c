import { z } from "zod";
import { ExitCode, MatchdayError } from "../common/errors.ts";
import type { Plan } from "./plan.ts";
import { upgradePlan } from "./plan-upgrade.ts";
import { judgeOf, systemNames } from "./systems/index.ts";

const version = 2;
const count = z.int().nonnegative();
const ms = z.number().nonnegative().max(1e10);
const text = z.string();
const share = z.number().min(0).max(1);

const haveOwnIds = (items: readonly { id: string }[]) =>
  new Set(items.map(({ id }) => id)).size === items.length;

const objective = z.looseObject({
  ...{ id: text, title: text, measure: text, target: z.number(), key: z.boolean(), weight: z.number() },
  phase: z.enum(["all", "steady", "arrive", "baseline", "fault", "recovery", "after"]),
  op: z.enum(["lt", "lte", "gt", "gte", "eq"]),
  unit: z.enum(["ms", "ratio", "count"]),
});

const allowance = z.looseObject({
  forAtMostMs: ms,
  measures: z.array(
    z.looseObject({ measure: text, target: z.number(), unit: z.enum(["ms", "ratio", "count"]) }),
  ),
});

const fault = z.looseObject({
  ...{ id: text, kind: text, atMs: ms, forMs: ms },
  expect: z.array(
    z.discriminatedUnion("id", [
      z.looseObject({ id: z.literal("clients-stay-connected"), share }),
      z.looseObject({ id: z.literal("nothing-lost") }),
      z.looseObject({ id: z.literal("steady-within"), ms }),
    ]),
  ),
  allow: allowance.optional(),
});

const system = z
  .looseObject({ id: z.enum(systemNames), design: text, script: z.looseObject({}) })
  .superRefine(({ id, script }, context) => {
    for (const { message, path } of judgeOf(id).script.safeParse(script).error?.issues ?? []) {
      context.addIssue({ code: "custom", message, path: ["script", ...path] });
    }
  });

const plan = z.looseObject({
  version: z.literal(version),
  ...{ run: text, scenario: text, title: text, stack: text, command: text },
  system,
  ...{
    seed: z.number(),
    clients: count.max(1e8),
    durationMs: ms,
    generators: count.max(10_000),
    edges: count,
  },
  phases: z
    .array(
      z.looseObject({
        name: z.enum(["arrive", "baseline", "fault", "recovery", "after"]),
        fromMs: ms,
        toMs: ms,
      }),
    )
    .min(1)
    .refine(
      (phases) =>
        phases.every(
          ({ fromMs, toMs }, index) => fromMs === (phases[index - 1]?.toMs ?? 0) && fromMs <= toMs,
        ),
      "phases do not follow one another from 0 on",
    ),
  crowd: z.looseObject({
    arrivals: z.looseObject({ atMs: ms, withinMs: ms }),
    leaveAtMs: ms,
    streams: z.array(z.looseObject({ id: text, match: text, share })),
    slowReaders: z.looseObject({ share, bytesPerSecond: z.number() }),
    journeys: z
      .array(z.looseObject({ id: text, share, steps: z.array(z.looseObject({ name: text, do: text })) }))
      .optional(),
  }),
  deadlinesMs: z.record(text, ms),
  faults: z.array(fault).refine(haveOwnIds, "two faults have one id"),
  experiment: text.nullable(),
  budget: z.looseObject({
    ...{
      id: text,
      title: text,
      objectives: z.array(objective).refine(haveOwnIds, "two objectives have one id"),
      invariants: z.array(text),
    },
    allowances: z.array(allowance).optional(),
  }),
  machine: z.looseObject({
    os: text,
    cpu: text,
    cores: count,
    memoryBytes: count,
    node: text,
    fileLimit: count,
  }),
  sealed: z.boolean().optional(),
  startAtUs: z.number().positive().optional(),
  startedAt: text.optional(),
});

/**
 * Reads `plan.json`.
 * @param name of the file, for messages
 * @throws MatchdayError PLAN_NEWER, PLAN_UNREADABLE: then nothing can be judged, and the run is unknown
 */
export function parsePlan(json: string, name: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw unreadable(`${name} is no whole JSON`, cause);
  }
  const told = (value as { version?: unknown } | null)?.version;
  if (typeof told === "number" && told > version) {
    throw new MatchdayError("PLAN_NEWER", `${name} is of version ${told}; this matchday reads ${version}`, {
      hint: "judge it with the matchday that made it, or a newer one",
      exitCode: ExitCode.unknown,
    });
  }
  const upgraded = upgradePlan(value);
  const parsed = plan.safeParse(upgraded);
  if (parsed.success) return upgraded as Plan;
  const { path, message } = parsed.error.issues[0]!;
  throw unreadable(`${name}: ${path.join(".") || "it"}: ${message}`);
}

function unreadable(fact: string, cause?: unknown): MatchdayError {
  return new MatchdayError("PLAN_UNREADABLE", fact, {
    hint: "nothing can be judged without the plan as it was; run it again, or take the folder from where it was saved",
    exitCode: ExitCode.unknown,
    cause,
  });
}
