import { basename } from "node:path";
import { faultKinds } from "../chaos/faults/index.ts";
import { FaultLedger } from "../chaos/ledger.ts";
import { type RunningFaults, runFaults } from "../chaos/timeline.ts";
import { nowUs, wallClock } from "../common/clock.ts";
import { ExitCode, MatchdayError, messageOf } from "../common/errors.ts";
import type { Lease } from "../common/lease.ts";
import { orAborted } from "../common/or-aborted.ts";
import { k6Path } from "../common/paths.ts";
import type { JournalEntry, PartFigures, PublishedEvent } from "../common/records.ts";
import { refusedBySystem } from "../common/system-errors.ts";
import { takeTurns } from "../common/take-turns.ts";
import { until } from "../common/until.ts";
import { startGenerators } from "../crowd/start.ts";
import { LiveFeed } from "../measurements/live.ts";
import type { StackControl, StackHandle } from "../reference-stack/handle.ts";
import type { Verdict } from "../verdict/contract.ts";
import type { Plan } from "../verdict/plan.ts";
import { saveAudit } from "./audit.ts";
import { claimRun } from "./claim.ts";
import { cleanUp } from "./clean-up.ts";
import { Conductor } from "./conductor.ts";
import { crowdConfigs } from "./crowd-configs.ts";
import { eachSecond } from "./each-second.ts";
import { Exposition } from "./exposition/exposition.ts";
import { judgeRun } from "./judge-run.ts";
import type { OnProgress } from "./progress.ts";
import type { Reporter } from "./reporter.ts";
import type { RunFolder } from "./run-folder.ts";
import { Sampler } from "./sampler.ts";
import { secondViewOf } from "./second-view.ts";
import { SpanCollector } from "./spans.ts";

/** Makes the stack of a run, or joins one that stands; the processes that it starts belong to the lease. */
export type StackStarter = (place: {
  plan: Plan;
  lease: Lease;
  folder: string;
  signal: AbortSignal;
  onStep(text: string): void;
}) => Promise<StackHandle>;

export interface RehearsalOptions {
  plan: Plan;
  runsDir: string;
  startStack: StackStarter;
  reporter: Reporter;
  /** Aborted by Ctrl-C: heals, stops, saves what there is. */
  signal: AbortSignal;
  onProgress: OnProgress;
}

export interface RehearsalResult {
  folder: string;
  verdict: Verdict;
  /** What ended the run early. */
  error: MatchdayError | undefined;
  exitCode: number;
}

export const exitCodes = { pass: ExitCode.pass, fail: ExitCode.failed, unknown: ExitCode.unknown } as const;

/** A run, from a plan to a judged run folder. Whatever way it ends: faults healed, everything stopped, files saved. */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalResult> {
  const { plan, signal, onProgress } = options;
  for (const { text, ok } of await cleanUp())
    onProgress({ type: "step", text: `${ok ? "cleaned up" : "left"} after an earlier run: ${text}` });

  await takeTurns();
  const { folder, lease } = claimRun(options.runsDir, plan.run);
  plan.run = basename(folder.path);
  // Of a run that does not come as far as to hold it.
  await using _ = lease;
  folder.writeJson("plan.json", plan);
  // A system that publishes nothing has an empty ledger, and not a missing one.
  folder.write("published.jsonl", "");

  let error: MatchdayError | undefined;
  const rehearsal = new Rehearsal(options, folder, lease);
  try {
    await rehearsal.perform();
  } catch (thrown) {
    error = asMatchdayError(thrown, signal);
  }
  const concluded = await conclude(folder, options, error);
  await rehearsal.showVerdict(concluded.verdict);
  return { ...concluded, error };
}

async function conclude(
  folder: RunFolder,
  { plan, reporter, onProgress }: RehearsalOptions,
  error: MatchdayError | undefined,
) {
  const clock = onRunClock(plan);
  try {
    if (error) folder.journal({ ...clock, type: "error", code: error.code, fact: error.message });
    const state =
      error === undefined ? "ended" : error.exitCode === ExitCode.interrupted ? "interrupted" : "failed";
    folder.journal({ ...clock, type: "run", state });
    await folder.seal();
    const verdict = await judgeRun(folder.path, reporter);
    onProgress({ type: "verdict", verdict, folder: folder.path });
    return { folder: folder.path, verdict, exitCode: error?.exitCode ?? exitCodes[verdict.verdict] };
  } catch (failure) {
    // What ended the run says more than what could not be written after it.
    throw error ?? failure;
  }
}

/** Now, and since the start instant once there is one: what each line of the journal begins with. */
function onRunClock({ startAtUs }: Plan): { atUs: number; atMs?: number } {
  const atUs = nowUs();
  return startAtUs === undefined ? { atUs } : { atUs, atMs: Math.round((atUs - startAtUs) / 1000) };
}

function asMatchdayError(thrown: unknown, signal: AbortSignal): MatchdayError {
  if (signal.aborted) {
    // What went wrong while everything was being stopped: a fault that could not be healed, a file not written.
    const wrong = thrown instanceof SuppressedError ? `; then: ${messageOf(thrown.error)}` : "";
    return new MatchdayError("INTERRUPTED", `the run was interrupted${wrong}`, {
      hint: wrong
        ? "run matchday chaos recover; what was measured is saved"
        : "faults are healed, everything is stopped, and what was measured is saved",
      exitCode: ExitCode.interrupted,
    });
  }
  // What came first says more than what went wrong while everything was being stopped.
  if (thrown instanceof SuppressedError) return asMatchdayError(thrown.suppressed, signal);
  if (thrown instanceof MatchdayError) return thrown;
  const refused = refusedBySystem(thrown);
  if (refused) return refused;
  return new MatchdayError("HARNESS_FAILED", messageOf(thrown), {
    hint: "this is a defect of matchday; please report it, with the run folder",
    cause: thrown,
  });
}

/** Enough for every part to have its orders before the instant comes: a venue's seats are laid out first. */
function leadUs({ system }: Plan): number {
  if (system.id !== "box-office") return 250_000;
  const seats = system.script.presale.venue.sections.reduce(
    (sum, { rows, seatsPerRow }) => sum + rows * seatsPerRow,
    0,
  );
  return 1_500_000 + seats * 20;
}

/** @throws MatchdayError FAULTS_NOT_POSSIBLE */
function controlOf(control: StackControl | undefined): StackControl {
  if (control) return control;
  throw new MatchdayError("FAULTS_NOT_POSSIBLE", "nothing of this system can be broken from here", {
    hint: "run it with --chaos none, or put its connections behind a Toxiproxy",
  });
}

class Rehearsal {
  readonly #plan: Plan;
  readonly #folder: RunFolder;
  readonly #lease: Lease;
  readonly #options: RehearsalOptions;
  readonly #failed = new AbortController();
  readonly #live: LiveFeed;
  readonly #exposition: Exposition;
  #stack: StackHandle | undefined;
  /** Ends the waiting: Ctrl-C, or a failure that makes going on pointless. */
  readonly #ended: AbortSignal;
  readonly #activeFaults = new Set<string>();
  #shownSecond = -1;
  #startAtUs = 0;

  constructor(options: RehearsalOptions, folder: RunFolder, lease: Lease) {
    this.#options = options;
    this.#lease = lease;
    this.#plan = options.plan;
    this.#folder = folder;
    this.#live = new LiveFeed(options.plan.generators);
    this.#exposition = new Exposition(options.plan, this.#live);
    this.#ended = AbortSignal.any([options.signal, this.#failed.signal]);
  }

  /** A stack that stands on shows the verdict to whoever looks at its dashboards; one that is gone does not mind. */
  async showVerdict(verdict: Verdict): Promise<void> {
    this.#exposition.journal({ ...onRunClock(this.#plan), type: "run", state: "ended" });
    this.#exposition.verdict(verdict);
    await this.#stack?.showMetrics(() => this.#exposition.text());
  }

  async perform(): Promise<void> {
    const plan = this.#plan;
    this.#journal({ type: "run", state: "preparing" });
    await using lease = this.#lease;
    const begunAt = performance.now();
    await using stack = await this.#options.startStack({
      plan,
      lease,
      folder: this.#folder.path,
      signal: this.#ended,
      onStep: (text) => this.#step(text),
    });
    this.#stack = stack;
    this.#ended.throwIfAborted();
    stack.onPartDown((part, how) => this.#partDown(stack, part, how));
    this.#journal({ type: "run", state: "stack-up" });
    this.#step(
      `stack up in ${((performance.now() - begunAt) / 1000).toFixed(1)} s: ${stack.edges.length} edges, PostgreSQL, Redis, Toxiproxy (${stack.provider})`,
    );
    for (const { title, url } of stack.consoles) this.#step(`${title}: ${url}`);

    await using conductor = await Conductor.start(plan, (interval) => {
      this.#live.add(interval);
      this.#showSeconds();
    });
    conductor.showLive(
      this.#options.reporter.live(plan, this.#live, () => ({
        published: this.#folder.appended<PublishedEvent>("published.jsonl"),
        journal: this.#folder.appended<JournalEntry>("journal.jsonl"),
        stack: this.#folder.appended<PartFigures>("stack.jsonl"),
        anomalies: [],
        spans: [],
      })),
    );
    conductor.showMetrics(this.#exposition);
    const generators = await startGenerators({
      configs: crowdConfigs(plan, {
        edges: stack.edges.map(({ url }) => url),
        targets: stack.targets,
        conductor,
        folder: this.#folder.path,
      }),
      lease,
      folder: this.#folder.path,
      k6: k6Path,
    });
    this.#ended.throwIfAborted();
    for (const { process } of generators) {
      process.exited.then(() => {
        if (conductor.allFinal || this.#ended.aborted) return;
        this.#fail(
          new MatchdayError(
            "GENERATOR_DIED",
            `${process.name} ${process.howItEnded()}: ${process.logTail() || "its log is empty"}`,
            {
              hint: "its log is in the run folder; with too little memory, use fewer clients (matchday doctor)",
              exitCode: ExitCode.unknown,
            },
          ),
        );
      });
    }
    await until(() => conductor.allReady, {
      withinMs: 60_000,
      orElse: () => `only ${conductor.ready.size} of ${plan.generators} generators were ready within 60 s`,
      code: "GENERATOR_NOT_READY",
      signal: this.#ended,
    });
    await this.#run(stack, conductor);
  }

  async #run(stack: StackHandle, conductor: Conductor): Promise<void> {
    const plan = this.#plan;
    this.#startAtUs = nowUs() + leadUs(plan);
    const { control } = stack;
    for (const fault of plan.faults) {
      const kind = faultKinds.get(fault.kind)!;
      fault.target = kind.target(fault.options, controlOf(control));
      fault.band = kind.band(fault.options);
    }
    plan.startAtUs = this.#startAtUs;
    plan.startedAt = new Date(this.#startAtUs / 1000).toISOString();
    this.#folder.writeJson("plan.json", plan);
    const { system, trace } = plan;
    const opening = { startAtUs: this.#startAtUs, ...(trace ? { trace } : {}) };
    await orAborted(stack.open(system, opening), this.#ended);
    conductor.release(this.#startAtUs);
    this.#journal({ type: "run", state: "started" });
    this.#options.onProgress({
      type: "started",
      startAtUs: this.#startAtUs,
      durationMs: plan.durationMs,
      liveUrl: conductor.liveUrl,
    });

    const sampler = new Sampler(this.#folder, stack, this.#startAtUs, this.#exposition);
    sampler.start((error) => this.#fail(error));
    const spans = new SpanCollector({
      folder: this.#folder,
      stack,
      startAtUs: this.#startAtUs,
      generators: plan.generators,
    });
    spans.start((error) => this.#fail(error));
    const metrics = eachSecond(() => stack.showMetrics(() => this.#exposition.text()));
    // The last first: heal, then the final read. Whatever of this fails, the rest of it is done too.
    await using after = new AsyncDisposableStack();
    after.defer(() => metrics.stop());
    after.defer(() => this.#takeIn("anomalies"));
    after.defer(() => this.#takeIn("history"));
    after.defer(() => spans.stop());
    after.defer(() => this.#stopSampler(sampler));
    after.defer(() => this.#lastRecords(conductor));
    const faults =
      plan.faults.length === 0
        ? undefined
        : runFaults({
            faults: plan.faults,
            stack: controlOf(control),
            startAtUs: this.#startAtUs,
            clock: wallClock,
            ledger: FaultLedger.open(plan.run),
            signal: this.#ended,
            onChange: (entry) => this.#journal(entry),
          });
    after.defer(() => faults?.healAll());
    await this.#phases();
    if (faults) await this.#exercised(faults);
    await this.#finals(conductor, 20_000);
    if (stack.books) {
      this.#step("reading the books: places, seats, bookings, charges");
      await saveAudit(stack.books, this.#folder);
    }
  }

  /** An interrupted crowd is asked to end, and has a moment to say what it saw. */
  async #lastRecords(conductor: Conductor): Promise<void> {
    if (!this.#ended.aborted) return;
    conductor.askToStop();
    await this.#finals(conductor, 5000).catch(() => {});
  }

  async #stopSampler(sampler: Sampler): Promise<void> {
    await sampler.stop().catch((error) => {
      // A stack that has died has no ledger to read any more; that it has is told already.
      if (!this.#ended.aborted) throw error;
    });
  }

  /** A fault that did not happen as planned leaves nothing to judge. */
  async #exercised({ done }: RunningFaults): Promise<void> {
    for (const { error } of await done) if (error) throw error;
  }

  async #phases(): Promise<void> {
    for (const { name, fromMs } of this.#plan.phases) {
      await wallClock.sleepUntil(this.#startAtUs + fromMs * 1000, this.#ended);
      this.#journal({ type: "phase", phase: name });
    }
    await wallClock.sleepUntil(this.#startAtUs + this.#plan.durationMs * 1000, this.#ended);
  }

  async #finals(conductor: Conductor, withinMs: number): Promise<void> {
    await until(() => conductor.allFinal, {
      withinMs,
      orElse: () =>
        `only ${conductor.finals.size} of ${this.#plan.generators} generators sent their final record within ${withinMs / 1000} s`,
      code: "FINAL_MISSING",
      everyMs: 50,
    });
  }

  #showSeconds(): void {
    for (; this.#shownSecond < this.#live.latestComplete; this.#shownSecond++) {
      const second = this.#live.second(this.#shownSecond + 1);
      // With the leave there is nobody to show any more.
      if (!second || second.toMs >= this.#plan.durationMs) continue;
      this.#options.onProgress({
        type: "second",
        view: secondViewOf(second, {
          plan: this.#plan,
          parts: this.#exposition.parts,
          faults: this.#activeFaults,
        }),
      });
    }
  }

  /** Generators write a file each, since they are processes of their own; readers find one. */
  #takeIn(what: "anomalies" | "history"): Promise<void> {
    const parts = Array.from({ length: this.#plan.generators }, (_, index) => `${what}-${index}.jsonl`);
    return this.#folder.takeIn(`${what}.jsonl`, parts);
  }

  #partDown(stack: StackHandle, part: string, how: string): void {
    this.#journal({ type: "part", part, state: "down", planned: false, detail: how });
    if (part === "engine") {
      this.#fail(
        new MatchdayError("ENGINE_GONE", how, {
          hint: "see that Docker runs; what is left of the stack is removed at the next start",
        }),
      );
    }
    // Who only watches is not under test.
    if (!stack.control?.parts.includes(part)) return;
    // The loss of an edge is what a stack must survive; the loss of what all edges need ends the rehearsal.
    if (stack.edges.some(({ name }) => name === part)) return;
    this.#fail(
      new MatchdayError("STACK_DIED", `${part} ended during the run: ${how}`, {
        hint: `its log is in ${this.#folder.file("logs")}`,
      }),
    );
  }

  #fail(error: unknown): void {
    if (!this.#ended.aborted) this.#failed.abort(error);
  }

  #step(text: string): void {
    this.#options.onProgress({ type: "step", text });
  }

  #journal(entry: DistributiveOmit<JournalEntry, "atUs" | "atMs">): void {
    const full = { ...onRunClock(this.#plan), ...entry } as JournalEntry;
    this.#exposition.journal(full);
    if (full.type === "fault") {
      if (full.state === "injected") this.#activeFaults.add(full.id);
      if (full.state === "healed") this.#activeFaults.delete(full.id);
    }
    this.#options.onProgress({ type: "journal", entry: full });
    try {
      this.#folder.journal(full);
    } catch (error) {
      this.#fail(error);
    }
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
