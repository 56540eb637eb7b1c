import { nowUs } from "../../../common/clock.ts";
import { messageOf } from "../../../common/errors.ts";
import { log } from "../../service-kit/log.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import { scriptKeys } from "../presale/admissions.ts";
import { presaleKeys, presaleNames } from "../presale/redis-names.ts";
import { LuaScript } from "../presale/script.ts";
import type { PaymentsHealth } from "./controller.ts";
import type { PresaleRun } from "./presale-run.ts";

const tickMs = 100;
const decideMs = 1000;
/** How the queue stands is said at least so often: positions tell their age by it. */
const sayMs = 500;
/** Conflicts of so many seconds count, the newest most. */
const memory = 0.5;

const admit = new LuaScript("admit");
const soldOut = new LuaScript("sold-out");

/**
 * Lets buyers in: each 100 ms as many as are due, in one Lua call that takes them from the queue and says so to all edges.
 * Whoever ends this process between two calls leaves nothing half done.
 */
export class Turnstile {
  readonly #link: RedisLink;
  readonly #runs: ReadonlyMap<string, PresaleRun>;
  readonly #timers: NodeJS.Timeout[];

  constructor(link: RedisLink, runs: ReadonlyMap<string, PresaleRun>) {
    this.#link = link;
    this.#runs = runs;
    this.#timers = [
      this.#each(tickMs, (run) => this.#tick(run)),
      this.#each(decideMs, (run) => this.#decide(run)),
    ];
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** One turn at a time. */
  #each(ms: number, act: (run: PresaleRun) => Promise<void>): NodeJS.Timeout {
    let busy = false;
    return setInterval(async () => {
      if (busy || !this.#link.up) return;
      busy = true;
      for (const run of this.#runs.values()) {
        if (run.quiesced || run.soldOutAtUs !== undefined) continue;
        // The link says itself when Redis goes.
        await act(run).catch((error) => {
          if (this.#link.up) log("admission failed", { event: run.presale.event, reason: messageOf(error) });
        });
      }
      busy = false;
    }, ms).unref();
  }

  async #tick(run: PresaleRun): Promise<void> {
    const { event, admissionMs } = run.presale;
    const nowMs = performance.now();
    // How the queue stands is said before anybody is let in, too.
    const begun = nowUs() >= run.beginsAtUs;
    const count = begun ? run.due(nowMs) : 0;
    const say = nowMs - run.saidAtMs >= sayMs;
    if (count === 0 && !say) return;
    const perSecond = begun ? Math.round(run.target * 1000) / 1000 : 0;
    const args = [count, admissionMs, perSecond, say ? 1 : 0];
    const answer = await this.#link.call("admit", (client) =>
      admit.run(client, scriptKeys.admit(event), args),
    );
    const [letIn, queue] = answer as [number, number];
    if (letIn < 0) return;
    run.queue = queue;
    run.letIn(letIn, nowMs);
    if (say || letIn > 0) run.saidAtMs = nowMs;
  }

  async #decide(run: PresaleRun): Promise<void> {
    if (nowUs() < run.beginsAtUs) return;
    const keys = presaleKeys(run.presale.event);
    const [counts, [payments, slow], seatsTaken, queue, admitted, holds] = await this.#link.call(
      "signals",
      (client) =>
        Promise.all([
          client.mGet([keys.conflicts, keys.granted]),
          client.mGet([presaleNames.payments, presaleNames.slow]),
          client.hLen(keys.seats),
          client.zCard(keys.queue),
          client.hLen(keys.admitted),
          client.zCard(keys.holds),
        ]),
    );
    const [conflicts, granted] = counts.map(Number) as [number, number];
    const before = run.counted ?? { conflicts, granted };
    run.counted = {
      conflicts: before.conflicts * memory + conflicts * (1 - memory),
      granted: before.granted * memory + granted * (1 - memory),
    };
    const tried = { conflicts: conflicts - before.conflicts, granted: granted - before.granted };
    const attempts = tried.conflicts + tried.granted;
    run.conflictRate = attempts > 0 ? tried.conflicts / attempts : 0;
    run.seatsFree = run.seats - seatsTaken;
    run.queue = queue;
    run.admitted = admitted;
    const { conflictRate, seatsFree } = run;
    const signals = {
      ...{ conflictRate, attempts, queue, seatsFree },
      ...{ payments: healthOf(payments), slow: slow != null },
    };
    const decision = run.decide(signals, performance.now(), nowUs());
    if (decision) log("admission", { event: run.presale.event, ...decision });
    if (seatsFree <= 0 && holds === 0) await this.#sayWhenSoldOut(run);
  }

  async #sayWhenSoldOut(run: PresaleRun): Promise<void> {
    const { event } = run.presale;
    const atUs = (await this.#link.call("sold_out", (client) =>
      soldOut.run(client, scriptKeys.soldOut(event), [run.seats]),
    )) as number;
    if (atUs === 0) return;
    run.soldOutAtUs = atUs;
    run.target = 0;
    log("sold out", { event, queue: run.queue });
  }
}

function healthOf(text: string | null | undefined): PaymentsHealth {
  return text === "slow" || text === "down" ? text : "up";
}
