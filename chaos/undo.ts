import { messageOf } from "../common/errors.ts";
import type { StackControl } from "../reference-stack/handle.ts";
import type { ProxyState } from "../reference-stack/toxiproxy.ts";
import type { UndoStep } from "./contract.ts";
import { toxiproxyAt } from "./leg-fault.ts";

/**
 * What became of one undo step. `undone`: seen to be right after it was done. `already`: it was right before. `gone`:
 * what it would undo is no more. `left`: still wrong.
 */
export interface StepResult {
  step: UndoStep;
  outcome: "undone" | "already" | "gone" | "left";
  /** Why it is left. */
  why?: string;
}

export type ProxyStep = Extract<UndoStep, { api: string }>;
export type PartStep = Extract<UndoStep, { part: string }>;

export const isProxyStep = (step: UndoStep): step is ProxyStep => "api" in step;
export const isPartStep = (step: UndoStep): step is PartStep => "part" in step;

/** The step for people: `scores.redis enabled`, `edge-2 restarted`. */
export function stepInWords(step: UndoStep): string {
  switch (step.do) {
    case "enable-proxy":
      return `${step.proxy} enabled`;
    case "remove-toxic":
      return `toxic ${step.toxic} removed from ${step.proxy}`;
    case "restart-part":
      return `${step.part} restarted`;
    case "unpause-part":
      return `${step.part} unpaused`;
  }
}

/**
 * Undoes what is to be undone at one Toxiproxy and reads back whether it is. Never trusts an answer to a change: only
 * `GET /proxies` counts. Can be called again until nothing is left.
 * @throws when Toxiproxy does not answer.
 */
export async function undoProxySteps(api: string, steps: ProxyStep[]): Promise<StepResult[]> {
  const toxiproxy = toxiproxyAt(api);
  const before = await toxiproxy.list();
  const wrong = steps.filter((step) => stateOf(step, before) === "wrong");
  const tries = await Promise.allSettled(
    wrong.map((step) =>
      step.do === "enable-proxy"
        ? toxiproxy.setEnabled(step.proxy, true)
        : toxiproxy.removeToxic(step.proxy, step.toxic),
    ),
  );
  const after = wrong.length === 0 ? before : await toxiproxy.list();
  return steps.map((step): StepResult => {
    const state = stateOf(step, after);
    if (state === "gone") return { step, outcome: "gone" };
    if (state === "right") return { step, outcome: wrong.includes(step) ? "undone" : "already" };
    const tried = tries[wrong.indexOf(step)];
    const why = tried?.status === "rejected" ? messageOf(tried.reason) : "Toxiproxy still shows it";
    return { step, outcome: "left", why };
  });
}

function stateOf(step: ProxyStep, proxies: ReadonlyMap<string, ProxyState>): "right" | "wrong" | "gone" {
  const proxy = proxies.get(step.proxy);
  if (!proxy) return "gone";
  const right =
    step.do === "enable-proxy" ? proxy.enabled : !proxy.toxics.some(({ name }) => name === step.toxic);
  return right ? "right" : "wrong";
}

/**
 * Brings one part back, and asks it whether it is up. Can be called again.
 * @param known that the part is down for certain: then it is not asked first, which can take a second.
 */
export async function undoPartStep(step: PartStep, stack: StackControl, known: boolean): Promise<StepResult> {
  if (!stack.parts.includes(step.part)) return { step, outcome: "gone" };
  try {
    if (!known && (await isUp(step.part, stack))) return { step, outcome: "already" };
    if (step.do === "unpause-part") await stack.unpause(step.part);
    else await stack.restart(step.part);
    if (await isUp(step.part, stack)) return { step, outcome: "undone" };
    return { step, outcome: "left", why: `${step.part} does not answer` };
  } catch (error) {
    return { step, outcome: "left", why: messageOf(error) };
  }
}

async function isUp(part: string, stack: StackControl): Promise<boolean> {
  return (await stack.figures()).some((figures) => figures.part === part && figures.up);
}
