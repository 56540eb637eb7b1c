import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { formatMs } from "../common/duration.ts";
import { allVisible, visible } from "../common/visible.ts";
import type { OnProgress, Progress, SecondView } from "../rehearsal/progress.ts";
import type { Plan } from "../verdict/plan.ts";
import { bar, clock, secondLine, secondRows } from "./second-lines.ts";

export interface View {
  show: OnProgress;
  /** Leaves the terminal as a person expects it. */
  end(): void;
}

interface ViewOptions {
  quiet: boolean;
  plan: Plan;
  /** What `--stack auto` went by. */
  why?: string | undefined;
  stream?: NodeJS.WriteStream;
}

/** Progress on stderr: a live picture on a terminal, else plain lines. */
export function createView({ quiet, plan, why, stream = process.stderr }: ViewOptions): View {
  if (quiet) return { show() {}, end() {} };
  stream.write(`${visible(firstLine(plan, why))}\n`);
  const view = stream.isTTY ? liveView(plan, stream) : lineView(stream);
  // Experiments name faults, and services say why they ended.
  return { ...view, show: (progress) => view.show(allVisible(progress)) };
}

function firstLine(plan: Plan, why: string | undefined): string {
  const experiment = plan.experiment === null ? "no faults" : `fault: ${plan.experiment}`;
  const stack = plan.stack === "containers" ? "in containers" : `on a ${plan.stack} stack`;
  const reason = why === undefined ? "" : `, as ${why}`;
  return `${plan.scenario} · ${count(plan.clients)} clients · ${plan.system.design} ${stack} (${plan.edges} edges${reason}) · ${experiment} · ${formatMs(plan.durationMs)} · seed ${plan.seed}`;
}

const count = (n: number) => n.toLocaleString("en-US");

/** What happened, as a line; `undefined` for what is not worth one. */
function lineOf(progress: Progress): string | undefined {
  if (progress.type === "step") return progress.text;
  if (progress.type === "started") return `started; live page: ${progress.liveUrl}`;
  if (progress.type !== "journal") return undefined;
  const { entry } = progress;
  const at = entry.atMs === undefined ? "" : `${clock(entry.atMs)} `;
  if (entry.type === "phase") return `${at}phase ${entry.phase}`;
  if (
    entry.type === "fault" &&
    (entry.state === "injected" || entry.state === "healed" || entry.state === "failed")
  ) {
    return `${at}${entry.id} ${entry.state}${entry.detail ? `: ${entry.detail}` : ""}`;
  }
  if (entry.type === "part" && !entry.planned)
    return `${at}${entry.part} is ${entry.state}: ${entry.detail ?? ""}`;
  return undefined;
}

/** Every fifth second, and what happens in between. */
function lineView(stream: NodeJS.WriteStream): View {
  return {
    show(progress) {
      if (progress.type === "second" && Math.round(progress.view.atMs / 1000) % 5 === 0) {
        stream.write(`${secondLine(progress.view)}\n`);
      }
      const line = lineOf(progress);
      if (line) stream.write(`${line}\n`);
    },
    end() {},
  };
}

function liveView(plan: Plan, stream: NodeJS.WriteStream): View {
  const picture = createLogUpdate(stream);
  const colour = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream });
  const draw = (view: SecondView) => {
    const done = Math.min(1, view.atMs / plan.durationMs);
    const phases = plan.phases
      .map(({ name }) => (name === view.phase ? colour("bold", name) : colour("dim", name)))
      .join(colour("dim", " → "));
    return [
      "",
      `  ${phases}`,
      `  ${bar(done)} ${clock(view.atMs)} of ${clock(plan.durationMs)}, ${clock(view.leftMs)} left`,
      "",
      ...secondRows(view, { clients: plan.clients, colour }),
    ].join("\n");
  };
  return {
    show(progress) {
      if (progress.type === "second") picture(draw(progress.view));
      const line = lineOf(progress);
      if (line) picture.persist(colour("dim", line));
    },
    end() {
      picture.clear();
      picture.done();
    },
  };
}
