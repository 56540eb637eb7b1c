import type { EventMatch, JourneyStep, Next } from "../../common/journey.ts";
import { namesIn, type TemplateNames } from "./template.ts";

/** A way out of a step, and where in the step it is said: `on.409`. */
export interface Way {
  of: string;
  to: Next | "next";
}

/** All ways out of a step; `next` is the step that follows it. */
export function waysOf(step: JourneyStep): Way[] {
  const all = (of: string, record: Record<string, Next | "next"> = {}) =>
    Object.entries(record).map(([key, to]): Way => ({ of: `${of}.${key}`, to }));
  switch (step.do) {
    case "stream":
      return [...all("on", step.on), { of: "next", to: "next" }];
    case "request":
      return all("on", step.on);
    case "wait":
      return [
        ...step.for.map(({ event, next = "next" as const }): Way => ({ of: `for ${event}`, to: next })),
        { of: "onTimeout", to: step.onTimeout },
      ];
    case "think":
      return [{ of: "next", to: "next" }];
    case "branch":
      return [...all("cases", step.cases), { of: "else", to: step.else ?? "next" }];
    case "end":
      return [];
  }
}

export function eventsOf(step: JourneyStep): readonly EventMatch[] {
  if (step.do === "stream") return step.listen ?? [];
  return step.do === "wait" ? step.for : [];
}

/** Capture → where it comes from. */
export function capturesOf(step: JourneyStep): [name: string, from: string][] {
  const own = step.do === "request" ? Object.entries(step.capture ?? {}) : [];
  return [...own, ...eventsOf(step).flatMap(({ capture = {} }) => Object.entries(capture))];
}

/** What the texts of a step name, all together. */
export function namesOf(step: JourneyStep): TemplateNames {
  const texts: string[] = eventsOf(step).flatMap(({ where = {} }) => Object.values(where));
  if (step.do === "stream" || step.do === "request")
    texts.push(step.path, ...Object.values(step.headers ?? {}));
  if (step.do === "request") texts.push(...stringsIn(step.body));
  const names = texts.map(namesIn);
  return {
    captures: [
      ...new Set([...names.flatMap(({ captures }) => captures), ...(step.do === "branch" ? [step.on] : [])]),
    ],
    keysOf: names.flatMap(({ keysOf }) => keysOf),
    problems: names.flatMap(({ problems }) => problems),
  };
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
