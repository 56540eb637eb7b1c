import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../common/errors.ts";
import { cacheDir } from "../../common/paths.ts";
import { until } from "../../common/until.ts";
import { Cli, type Finished } from "../e2e/cli.ts";
import { cleanUpAfter } from "./afterwards.ts";
import { mountDisk } from "./disk.ts";
import { type Begun, endings } from "./endings.ts";
import { instants, WatchedRun } from "./instants.ts";
import { left, listening, type Surroundings } from "./left.ts";
import type { Round } from "./round.ts";

/**
 * Begins a run, ends it as the round says, cleans up as the round says, and looks at what is left.
 * @returns what is wrong; empty when nothing is
 */
export async function play(round: Round): Promise<string[]> {
  await using cli = new Cli();
  using _ = endings[round.ending].onFullDisk ? mountDisk(cli.folder) : undefined;
  const problems: string[] = [];
  try {
    await new Playing(cli, round, problems).play();
  } catch (error) {
    problems.push(messageOf(error));
  }
  return problems;
}

/** The shortest that has all phases. */
const durations = { clean: "32s", withFault: "44s" };
/** The verdict's, or that of an interrupted run. */
const goodCodes = [0, 1, 2, 130];

class Playing {
  readonly #cli: Cli;
  readonly #round: Round;
  readonly #problems: string[];
  readonly #place: Surroundings;
  readonly #env: Record<string, string>;

  constructor(cli: Cli, round: Round, problems: string[]) {
    this.#cli = cli;
    this.#round = round;
    this.#problems = problems;
    const tmp = join(cli.folder, "tmp");
    // PostgreSQL's own user works in it.
    chmodSync(cli.folder, 0o755);
    mkdirSync(tmp);
    chmodSync(tmp, 0o1777);
    const cache = instants[round.instant].firstRun ? cacheWithoutTemplate(cli.folder) : cacheDir;
    this.#place = { cli, tmp, cache, containers: round.stack === "containers" };
    this.#env = { TMPDIR: tmp, MATCHDAY_CACHE: cache };
  }

  async play(): Promise<void> {
    const cli = this.#cli;
    const { ending: name, beside } = this.#round;
    const ending = endings[name];
    const other = beside ? cli.start(this.#rehearsal("beside"), this.#env) : undefined;
    const begun = ending.begin(cli, this.#rehearsal("runs"), this.#env);
    await this.#instant(begun);
    await ending.end(begun, cli);
    const ports = listening(cli);
    const run = new WatchedRun(cli);
    await this.#gone(begun);
    if (ending.onFullDisk) this.#toldOfDisk(await begun.finished);
    else if (ending.heals) this.#endedWell(run, await begun.finished, name.startsWith("SIG"));
    else await cleanUpAfter(this.#round, cli, this.#rehearsal("next"), this.#env, this.#problems);
    await this.#nothingIsTold();
    if (other) await this.#endBeside(other);
    this.#problems.push(...(await left(this.#place, ports)).map((what) => `left: ${what}`));
  }

  #rehearsal(out: string): string[] {
    const { instant, fault, stack } = this.#round;
    const { withFault } = instants[instant];
    const experiment = join(this.#cli.folder, "monkey.yaml");
    writeFileSync(experiment, `title: A short fault\nfaults:\n  - kind: ${fault}\n    for: 3s\n`);
    const words = ["run", "goal-spike", "--clients", "50", "--stack", stack, "--quiet"];
    words.push("--chaos", withFault ? experiment : "none");
    words.push("--duration", withFault ? durations.withFault : durations.clean);
    return [...words, "--out", join(this.#cli.folder, out)];
  }

  async #instant({ finished }: Begun): Promise<void> {
    const { instant, delayMs, stack, ending } = this.#round;
    const run = new WatchedRun(this.#cli);
    let over: Finished | undefined;
    void finished.then((how) => {
      over = how;
    });
    // Before it has a name it knows nobody who could have begun it.
    const isReached = () => run.id !== undefined && instants[instant].isReached(run, this.#round);
    const early = instant === "any time" && ending.startsWith("SIG");
    await until(() => over || early || isReached(), {
      withinMs: stack === "containers" ? 240_000 : 90_000,
      orElse: `the run does not come to ${instant}`,
      everyMs: 3,
    });
    // Cast: it is set by the promise.
    const ended = over as Finished | undefined;
    if (ended && instant !== "report") {
      this.#problems.push(`the run has ended with ${ended.exitCode} before ${instant}: ${ended.stderr}`);
    }
    await Promise.race([finished, delay(delayMs)]);
  }

  /** What began a run may be gone before it. */
  async #gone({ finished }: Begun): Promise<void> {
    await finished;
    const runs = () => this.#cli.leftovers().filter((line) => line.includes(`--out ${this.#cli.runsDir} `));
    await until(() => runs().length === 0, {
      withinMs: 60_000,
      orElse: () => `the run does not end: ${runs().join("\n")}`,
      everyMs: 50,
    });
  }

  #toldOfDisk({ exitCode, stderr }: Finished): void {
    // The last instants are after the last that is written.
    if (exitCode === 70 ? /_UNWRITABLE|No space|ENOSPC/i.test(stderr) : goodCodes.includes(exitCode ?? -1))
      return;
    this.#problems.push(`the run on a full disk exits with ${exitCode}: ${stderr}`);
  }

  #endedWell(run: WatchedRun, { exitCode, stderr }: Finished, isItself: boolean): void {
    // A signal that comes before anything has begun ends it as it ends any program.
    const good = run.id === undefined ? [...goodCodes, null] : goodCodes;
    if (isItself && !good.includes(exitCode))
      this.#problems.push(`the run exits with ${exitCode}: ${stderr}`);
    if (!run.isSaved) this.#problems.push(`the run has saved no report: ${stderr}`);
  }

  /** Of runs that are gone; one that goes on is nobody's leftover. */
  async #nothingIsTold(): Promise<void> {
    const { exitCode, stdout, stderr } = await this.#cli.run(["doctor", "--leftovers"], this.#env);
    if (exitCode === 0 && stdout === "nothing is left of any run\n") return;
    this.#problems.push(`doctor --leftovers, ${exitCode}: ${stdout}${stderr}`);
  }

  /** It must not have noticed. */
  async #endBeside(other: Begun): Promise<void> {
    const journal = join(this.#cli.folder, "beside", "latest", "journal.jsonl");
    await until(() => existsSync(journal) || other.child.exitCode !== null, {
      withinMs: 30_000,
      orElse: "the run beside does not begin",
    });
    other.child.kill("SIGINT");
    const { exitCode, stderr } = await other.finished;
    if (!goodCodes.includes(exitCode ?? -1)) {
      this.#problems.push(`the run beside exits with ${exitCode}: ${stderr}`);
    }
  }
}

/** What the set-up has built, without the databases that a first run makes. */
function cacheWithoutTemplate(folder: string): string {
  const cache = join(folder, "cache");
  mkdirSync(cache);
  for (const name of readdirSync(cacheDir).filter((each) => !each.startsWith("postgres-"))) {
    symlinkSync(join(cacheDir, name), join(cache, basename(name)));
  }
  return cache;
}
