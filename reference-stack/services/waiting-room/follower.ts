import { nowUs } from "../../../common/clock.ts";
import { messageOf } from "../../../common/errors.ts";
import { log } from "../../service-kit/log.ts";
import type { ServiceMetrics } from "../../service-kit/metrics.ts";
import { RedisLink } from "../../service-kit/redis-link.ts";
import { type AdmissionsEntry, admissionsEntry } from "../presale/admissions.ts";
import { presaleKeys, presaleNames } from "../presale/redis-names.ts";
import type { OpenPresale } from "../presale/script-schema.ts";
import { tickMs } from "./pace.ts";
import { Room } from "./room.ts";

interface FollowerOptions {
  url: string;
  metrics: ServiceMetrics;
  onEntry(room: Room, entry: AdmissionsEntry): void;
  /** Redis is there again, and all that it knows is known here. */
  onBack(rooms: Iterable<Room>): void;
  /** Its presale is there no more, or is another. */
  onGone(room: Room): void;
}

/** Which presales there are is asked at every so many ticks. */
const presalesEveryTicks = 5;
const pageSize = 200;

/**
 * Knows which presales there are and how their queues stand, by asking Redis each 100 ms: one question for thousands of
 * streams.
 */
export class Follower {
  readonly link: RedisLink;
  readonly rooms = new Map<string, Room>();
  readonly #options: FollowerOptions;
  readonly #timer: NodeJS.Timeout;
  #tick = 0;
  #busy = false;
  synced = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.link = new RedisLink({
      url: options.url,
      metrics: options.metrics,
      prepare: async () => {
        await this.#findPresales();
        await this.#readOn();
        this.synced = true;
      },
      onUp: () => options.onBack(this.rooms.values()),
    });
    this.#timer = setInterval(() => this.#follow(), tickMs).unref();
  }

  start(): void {
    this.link.start();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.link.close();
  }

  async #follow(): Promise<void> {
    if (!this.link.up || this.#busy) return;
    this.#busy = true;
    try {
      if (this.#tick++ % presalesEveryTicks === 0) await this.#findPresales();
      await this.#readOn();
    } catch (error) {
      if (this.link.up) log("following the queue failed", { reason: messageOf(error) });
    } finally {
      this.#busy = false;
    }
  }

  async #findPresales(): Promise<void> {
    const events = await this.link.call("presales", (client) => client.sMembers(presaleNames.events));
    for (const [event, room] of this.rooms) if (!events.includes(event)) this.#drop(room);
    for (const event of events) {
      const json = await this.link.call("script", (client) => client.get(presaleKeys(event).script));
      const room = this.rooms.get(event);
      if (room?.json === json) continue;
      if (room) this.#drop(room);
      if (json !== null) this.rooms.set(event, await this.#newRoom(JSON.parse(json) as OpenPresale, json));
    }
  }

  #drop(room: Room): void {
    this.rooms.delete(room.presale.event);
    this.#options.onGone(room);
  }

  /** It begins at the newest entry: whoever was let in before is told when it asks. */
  async #newRoom(presale: OpenPresale, json: string): Promise<Room> {
    const room = new Room(presale, json, nowUs());
    const keys = presaleKeys(presale.event);
    const newest = await this.link.call("last", (client) =>
      client.xRevRange(keys.admissions, "+", "-", { COUNT: 1 }),
    );
    const last = newest?.[0];
    if (last) room.apply(admissionsEntry(last.id, last.message));
    const soldOut = await this.link.call("sold_out", (client) => client.get(keys.soldOut));
    if (soldOut !== null) room.soldOutAtUs = Number(soldOut);
    return room;
  }

  async #readOn(): Promise<void> {
    for (const room of this.rooms.values()) {
      const { admissions } = presaleKeys(room.presale.event);
      for (let more = true; more; ) {
        const page = await this.link.call("admissions", (client) =>
          client.xRange(admissions, `(${room.entry}`, "+", { COUNT: pageSize }),
        );
        for (const { id, message } of page ?? []) this.#options.onEntry(room, admissionsEntry(id, message));
        more = page?.length === pageSize;
      }
    }
  }
}
