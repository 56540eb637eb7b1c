import type { JourneyStep, ThinkStep } from "../../common/journey.ts";

/** What is wrong with a step by itself. */
interface StepProblem {
  fact: string;
  remedy: string;
}

const isStatus = (text: string) => /^[1-5](\d\d|xx)$/.test(text);
const isOutcome = (text: string) => isStatus(text) || text === "timeout" || text === "connection";

/** Numbers, statuses, names: all that needs no other step to be judged. */
export function stepProblems(step: JourneyStep): StepProblem[] {
  const problems: StepProblem[] = [];
  const unless = (holds: boolean, fact: string, remedy: string) => {
    if (!holds) problems.push({ fact, remedy });
  };
  unless(
    /^[\w.-]+$/.test(step.name),
    "its name is not of letters, digits, ., _ and -",
    "it becomes a label of measures",
  );
  if (step.do === "stream" || step.do === "request") {
    unless(
      step.path.startsWith("/"),
      `path "${step.path}" does not begin with /`,
      "name the host by its target",
    );
  }
  if (step.do === "stream") {
    for (const status of Object.keys(step.on ?? {})) {
      const refusal = isStatus(status) && status !== "200" && status !== "2xx";
      unless(refusal, `on: "${status}" is no status that refuses a stream`, "write 403 or 4xx; 200 opens it");
    }
  }
  if (step.do === "request") {
    const outcomes = Object.keys(step.on);
    unless(outcomes.length > 0, "on is empty", "say which statuses are answers");
    for (const outcome of [...outcomes, ...(step.retry?.on ?? [])]) {
      unless(isOutcome(outcome), `"${outcome}" is no status`, "write 201, 2xx, timeout or connection");
    }
    if (step.retry) {
      const { attempts, backoffMs } = step.retry;
      const sound = Number.isInteger(attempts) && attempts >= 1 && isRange(backoffMs.min, backoffMs.max);
      unless(
        sound,
        "retry needs 1 attempt or more, and 0 <= min <= max",
        "such as 3 attempts, 200 to 2,000 ms",
      );
    }
  }
  if (step.do === "request" || step.do === "wait") {
    unless(step.timeoutMs > 0, `timeoutMs is ${step.timeoutMs}`, "give a time above 0");
  }
  if (step.do === "wait") unless(step.for.length > 0, "it waits for nothing", "name an event");
  if (step.do === "branch") unless(Object.keys(step.cases).length > 0, "it has no cases", "name a value");
  if (step.do === "end") unless(step.cause !== "", "it ends without a cause", "say why");
  if (step.do === "think") {
    unless(
      isTime(step.time),
      `its time is ${JSON.stringify(step.time)}`,
      "give times of 0 ms or more, least first",
    );
    const { share = 0, cause = "none" } = step.abandon ?? {};
    unless(share >= 0 && share <= 1, `a share of ${share} gives up`, "give a share from 0 to 1");
    unless(cause !== "", "who gives up has no cause", "say why");
  }
  return problems;
}

const isRange = (min: number, max: number) => min >= 0 && max >= min;

function isTime(time: ThinkStep["time"]): boolean {
  switch (time.kind) {
    case "constant":
      return time.ms >= 0;
    case "uniform":
      return isRange(time.minMs, time.maxMs);
    case "exponential":
      return time.meanMs > 0 && isRange(time.meanMs, time.maxMs);
    case "lognormal":
      return time.medianMs > 0 && time.sigma >= 0 && isRange(time.medianMs, time.maxMs);
  }
}
