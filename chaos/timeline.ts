import type { Clock } from "../common/clock.ts";
import { formatMs } from "../common/duration.ts";
import { MatchdayError, messageOf } from "../common/errors.ts";
import type { PlannedFault } from "../common/experiment.ts";
import type { StackControl } from "../reference-stack/handle.ts";
import type { FaultChange, FaultKind, FaultRun, UndoStep } from "./contract.ts";
import { faultKinds } from "./faults/index.ts";
import { heal, notHealed } from "./heal.ts";
import type { FaultLedger } from "./ledger.ts";

export interface FaultTimeline {
  /** `atMs` counts from the start instant. */
  faults: PlannedFault[];
  stack: StackControl;
  startAtUs: number;
  clock: Clock;
  /** Closed when the last fault is over. */
  ledger: Pick<FaultLedger, "begin" | "healed" | "close">;
  /** Its abort heals all at once, and what has not begun does not begin. */
  signal: AbortSignal;
  /** Each change of each fault, as the journal takes it. What it throws is the fault's error, and stops no heal. */
  onChange(entry: FaultChange): void;
  /** How long one heal may take, and how long a late injection is waited for; 30 s and 10 s unless told. */
  healWithinMs?: number;
  injectWithinMs?: number;
  /** The kinds there are; a test has its own. */
  kinds?: ReadonlyMap<string, FaultKind>;
}

export interface RunningFaults {
  /** One entry a planned fault, in their order, once all are over. Never rejects: an error is in its fault's entry. */
  done: Promise<FaultRun[]>;
  /**
   * Heals what is open, now, and begins nothing more; safe to call twice.
   * @throws MatchdayError FAULT_NOT_HEALED when some cannot be healed; all others are by then.
   */
  healAll(): Promise<void>;
}

/**
 * Injects and heals at absolute instants of the run's clock. A fault heals itself at its deadline, on abort, and when
 * its injection went wrong half-way.
 * @throws MatchdayError FAULT_KIND_UNKNOWN before anything begins.
 */
export function runFaults(timeline: FaultTimeline): RunningFaults {
  const end = new AbortController();
  const signal = AbortSignal.any([timeline.signal, end.signal]);
  const runs = timeline.faults.map((fault) => new RunningFault(fault, { ...timeline, signal }));
  const done = Promise.all(runs.map((run) => run.live())).finally(() => timeline.ledger.close());
  const healAll = async () => {
    end.abort();
    const unhealed = (await done)
      .filter(({ outcome }) => outcome === "not-healed")
      .map(({ error }) => error!);
    if (unhealed.length === 0) return;
    throw notHealed(
      unhealed.map(({ message }) => message).join("; "),
      unhealed.length === 1 ? unhealed[0] : new AggregateError(unhealed, "several faults are not healed"),
    );
  };
  let healing: Promise<void> | undefined;
  return { done, healAll: () => (healing ??= healAll()) };
}

/** One planned fault from its instant to its heal. */
class RunningFault {
  readonly #fault: PlannedFault;
  readonly #kind: FaultKind;
  readonly #timeline: FaultTimeline;
  readonly #run: FaultRun;
  #injecting = false;

  constructor(fault: PlannedFault, timeline: FaultTimeline) {
    const kind = (timeline.kinds ?? faultKinds).get(fault.kind);
    if (!kind) {
      throw new MatchdayError("FAULT_KIND_UNKNOWN", `there is no fault "${fault.kind}"`, {
        hint: "run matchday chaos list",
      });
    }
    this.#fault = fault;
    this.#kind = kind;
    this.#timeline = timeline;
    this.#run = {
      id: fault.id,
      kind: fault.kind,
      target: kind.target(fault.options, timeline.stack),
      band: kind.band(fault.options),
      fromMs: null,
      toMs: null,
      outcome: "skipped",
    };
  }

  async live(): Promise<FaultRun> {
    const { clock, startAtUs, signal } = this.#timeline;
    const { atMs, forMs } = this.#fault;
    if (!(await reached(clock, startAtUs + atMs * 1000, signal))) return this.#run;
    let undo: UndoStep[];
    try {
      undo = this.#writeAhead();
    } catch (error) {
      // Nothing has been done to the stack: the fault ends here.
      this.#failed(error);
      this.#run.outcome = "failed";
      return this.#run;
    }
    const injected = await this.#inject();
    let reason = "its injection went wrong";
    if (injected) {
      const due = await reached(clock, startAtUs + (atMs + forMs) * 1000, signal);
      reason = due ? "its time is over" : "the run ends";
    }
    await this.#heal(undo, injected, reason);
    return this.#run;
  }

  #writeAhead(): UndoStep[] {
    const { clock, ledger, stack } = this.#timeline;
    const undo = this.#kind.undo(this.#fault.options, stack);
    const atUs = clock.nowUs();
    ledger.begin({ id: this.#fault.id, kind: this.#fault.kind, atUs }, undo);
    this.#run.fromMs = this.#sinceStart(atUs);
    this.#tell("injecting", this.#run.target);
    return undo;
  }

  /** @returns whether the fault is in full effect. */
  async #inject(): Promise<boolean> {
    const { clock, stack, injectWithinMs = 10_000 } = this.#timeline;
    const over = new AbortController();
    const deadline = reached(clock, clock.nowUs() + injectWithinMs * 1000, over.signal);
    this.#injecting = true;
    const injecting = this.#kind
      .inject(this.#fault.options, stack)
      .then(() => true)
      .finally(() => {
        this.#injecting = false;
      });
    try {
      if (!(await Promise.race([injecting, deadline.then(() => false)]))) {
        throw new Error(`no end of it within ${formatMs(injectWithinMs)}`);
      }
      this.#tell("injected");
      return true;
    } catch (cause) {
      this.#failed(
        new MatchdayError("FAULT_NOT_INJECTED", `${this.#fault.id} cannot be injected: ${messageOf(cause)}`, {
          hint: "run matchday stack status: the fault's target may be gone, or Toxiproxy with it",
          cause,
        }),
      );
      return false;
    } finally {
      over.abort();
      await deadline;
    }
  }

  async #heal(undo: UndoStep[], injected: boolean, reason: string): Promise<void> {
    const { clock, ledger, stack, healWithinMs = 30_000 } = this.#timeline;
    const beganUs = clock.nowUs();
    this.#tell("healing", reason);
    try {
      await heal(undo, { fault: this.#fault.id, stack, clock, withinMs: healWithinMs, injected });
      // It could still break what has just been healed.
      if (this.#injecting) throw notHealed(`${this.#fault.id}: its injection is still under way`);
    } catch (error) {
      this.#run.outcome = "not-healed";
      // Worse than whatever went wrong before it: this is what the user has to act on.
      this.#run.error = error as MatchdayError;
      this.#tell("failed", messageOf(error));
      return;
    }
    const healedUs = clock.nowUs();
    this.#run.toMs = this.#sinceStart(healedUs);
    this.#run.outcome = injected ? "healed" : "failed";
    try {
      ledger.healed(this.#fault.id);
    } catch (error) {
      this.#failed(error);
    }
    this.#tell("healed", `confirmed after ${formatMs((healedUs - beganUs) / 1000)}`);
  }

  /** Keeps the first error, and says it. */
  #failed(error: unknown): void {
    this.#keep(error);
    this.#tell("failed", messageOf(error));
  }

  #keep(error: unknown): void {
    this.#run.error ??=
      error instanceof MatchdayError
        ? error
        : new MatchdayError("FAULT_BROKEN", `${this.#fault.id}: ${messageOf(error)}`, {
            hint: "run matchday chaos recover, and run again",
            cause: error,
          });
  }

  #tell(state: FaultChange["state"], detail?: string): void {
    const { clock, onChange } = this.#timeline;
    const atUs = clock.nowUs();
    try {
      onChange({
        type: "fault",
        id: this.#fault.id,
        state,
        atUs,
        atMs: this.#sinceStart(atUs),
        ...(detail === undefined ? {} : { detail }),
      });
    } catch (error) {
      this.#keep(error);
    }
  }

  #sinceStart(atUs: number): number {
    return (atUs - this.#timeline.startAtUs) / 1000;
  }
}

/** Waits for an instant; `false` when the signal came first. */
async function reached(clock: Clock, atUs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleepUntil(atUs, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
