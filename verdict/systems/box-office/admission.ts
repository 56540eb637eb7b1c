import type { Audited, Books } from "./books.ts";

/** Buyers are let in each tenth of a second: over five, a tick more or less is no error to speak of. */
const windowUs = 5_000_000;
/** The controller decides each second: where it has not for so long, it could not, and there is no target to miss. */
export const silentUs = 3_000_000;

type Decision = Audited<"decision">;

/** How far admission was off the controller's target while buyers waited, in buyers. */
export interface RateErrors {
  errors: number;
  due: number;
  admitted: number;
}

export function rateErrors({ decisions, places }: Books): RateErrors {
  const admittedAt = places.flatMap(({ admittedAtUs }) => admittedAtUs ?? []).sort((a, b) => a - b);
  const sum: RateErrors = { errors: 0, due: 0, admitted: 0 };
  let next = 0;
  for (const { fromUs, toUs, due } of windowsOf(decisions)) {
    while (next < admittedAt.length && admittedAt[next]! <= fromUs) next++;
    const before = next;
    while (next < admittedAt.length && admittedAt[next]! <= toUs) next++;
    sum.errors += Math.abs(next - before - due);
    sum.due += due;
    sum.admitted += next - before;
  }
  return sum;
}

interface Window {
  fromUs: number;
  toUs: number;
  due: number;
}

/** Stretches between decisions, at all of which buyers waited; the last one of each may be short. */
function windowsOf(decisions: readonly Decision[]): Window[] {
  const windows: Window[] = [];
  let open: Window | undefined;
  for (const [index, decision] of decisions.entries()) {
    const before = decisions[index - 1];
    if (!before) continue;
    const counts = before.queue > 0 && decision.queue > 0 && decision.atUs - before.atUs <= silentUs;
    if (!counts) {
      open = undefined;
      continue;
    }
    if (!open || open.toUs - open.fromUs >= windowUs) {
      open = { fromUs: before.atUs, toUs: before.atUs, due: 0 };
      windows.push(open);
    }
    open.toUs = decision.atUs;
    open.due += (before.perSecond * (decision.atUs - before.atUs)) / 1e6;
  }
  return windows;
}

/** Where the controller said nothing for long, although buyers waited. */
export function silences(decisions: readonly Decision[]): { fromUs: number; toUs: number; queue: number }[] {
  return decisions.flatMap((decision, index) => {
    const before = decisions[index - 1];
    if (!before || before.queue === 0 || decision.atUs - before.atUs <= silentUs) return [];
    return [{ fromUs: before.atUs, toUs: decision.atUs, queue: decision.queue }];
  });
}
