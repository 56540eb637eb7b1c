import type { DefectId } from "../../../common/presale.ts";
import type { RedisLink } from "../../service-kit/redis-link.ts";
import type { JobLease } from "../presale/job-lease.ts";
import { askRedis } from "../presale/redis-away.ts";
import { presaleKeys } from "../presale/redis-names.ts";
import { LuaScript } from "../presale/script.ts";
import { deltasRetained, rememberMs } from "./holds.ts";

const script = new LuaScript("reconcile");

/** Holds in one call: Redis does nothing else meanwhile. */
const holdsACall = 200;

export interface Reconciled {
  /** Holds that were given back, and their seats. */
  expired: number;
  seats: number;
  /** Holds past their deadline that are being paid. */
  overdue: number;
}

interface ReconcilerOptions {
  redis: Pick<RedisLink, "call">;
  /** Absent: there is no other worker. */
  lease?: JobLease;
  defect?: DefectId | undefined;
}

/** Gives back what has expired. Each call to Redis is whole: whoever is killed between two of them leaves nothing half done. */
export class Reconciler {
  readonly #redis: ReconcilerOptions["redis"];
  readonly #lease: JobLease | undefined;
  readonly #forget: boolean;

  constructor({ redis, lease, defect }: ReconcilerOptions) {
    this.#redis = redis;
    this.#lease = lease;
    this.#forget = defect === "lost-hold";
  }

  /** @returns `undefined` when another worker does it */
  async reconcile(event: string, nowUs: number): Promise<Reconciled | undefined> {
    const keys = presaleKeys(event);
    if (this.#lease && !(await this.#lease.keep(keys.lease("reconcile")))) return undefined;
    const sum: Reconciled = { expired: 0, seats: 0, overdue: 0 };
    for (;;) {
      // Those that are being paid stay in the list, in front: the next call looks behind them.
      const args = [nowUs, sum.overdue, holdsACall, rememberMs, deltasRetained];
      const prefixes = [keys.hold(""), keys.free(""), keys.owned("")];
      const reply = await askRedis(this.#redis, "reconcile", (client) =>
        script.run(
          client,
          [keys.seats, keys.holds, keys.deltas],
          [...args, ...prefixes, this.#forget ? 1 : 0],
        ),
      );
      const [looked, kept, expired, seats] = reply as [number, number, number, number];
      sum.overdue += kept;
      sum.expired += expired;
      sum.seats += seats;
      if (looked < holdsACall) return sum;
    }
  }

  /** Another worker need not wait until this one counts as silent. */
  async letGo(event: string): Promise<void> {
    await this.#lease?.letGo(presaleKeys(event).lease("reconcile"));
  }
}
