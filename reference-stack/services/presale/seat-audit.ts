import type { AuditEntry, PresaleScript } from "../../../common/presale.ts";
import type { RedisClient } from "../../service-kit/redis-link.ts";
import { presaleKeys } from "./redis-names.ts";
import { seatsOf } from "./seat-of.ts";

interface HoldRecord {
  buyer: string;
  seats: string[];
  deadlineUs: number;
  state: string;
}

/** A page of what is asked for in one go. */
const page = 1000;

/** What Redis knows of the seats of a presale, once nothing is under way any more. */
export async function* seatAudit(client: RedisClient, script: PresaleScript): AsyncGenerator<AuditEntry> {
  const keys = presaleKeys(script.event);
  const sections = script.venue.sections;
  const asked = client.multi().hGetAll(keys.seats).zRange(keys.holds, 0, -1);
  for (const { id } of sections) asked.sMembers(keys.free(id));
  const [taken, waiting, ...free] = (await asked.exec()) as unknown as [
    Record<string, string>,
    string[],
    ...string[][],
  ];
  const holds = await holdsOf(client, keys.hold(""));
  const live = new Set(waiting);
  for (const [index, section] of sections.entries()) {
    const isFree = new Set(free[index]);
    yield {
      type: "section",
      section: section.id,
      free: isFree.size,
      seats: section.rows * section.seatsPerRow,
    };
    for (const seat of seatsOf(section)) {
      const entry = stateOf(seat, { state: taken[seat], isFree: isFree.has(seat), holds, live });
      if (entry) yield entry;
    }
  }
  for (const [hold, record] of holds) yield { type: "hold", hold, ...record };
}

async function holdsOf(client: RedisClient, prefix: string): Promise<Map<string, HoldRecord>> {
  const holds = new Map<string, HoldRecord>();
  for await (const found of client.scanIterator({ MATCH: `${prefix}*`, COUNT: page })) {
    const records = await Promise.all(found.map((key) => client.hGetAll(key)));
    for (const [index, { buyer, seats, deadlineUs, state }] of records.entries()) {
      // Forgotten between the scan and the read: it had come to its end an hour ago.
      if (buyer === undefined) continue;
      const hold = found[index]!.slice(prefix.length);
      holds.set(hold, { buyer, seats: JSON.parse(seats!), deadlineUs: Number(deadlineUs), state: state! });
    }
  }
  return holds;
}

interface SeatFacts {
  /** What `seats` says of it. */
  state: string | undefined;
  isFree: boolean;
  holds: Map<string, HoldRecord>;
  /** Holds that the reconciler knows of. */
  live: Set<string>;
}

/** @returns `undefined` for a seat that is free, and nothing else */
function stateOf(seat: string, { state, isFree, holds, live }: SeatFacts): AuditEntry | undefined {
  const indeterminate = (detail: string) =>
    ({ type: "seat", seat, state: "indeterminate", detail }) satisfies AuditEntry;
  if (state === undefined) return isFree ? undefined : indeterminate("neither free nor anybody's");
  if (isFree) return indeterminate(`free, and ${state}`);
  const [kind, by = "", buyer = ""] = state.split(":");
  if (kind === "sold") return { type: "seat", seat, state: "sold", booking: by, buyer };
  const hold = holds.get(by);
  if (!hold) return indeterminate(`${state}, of which nothing is known`);
  if (!live.has(by)) return indeterminate(`${state}, which is ${hold.state} and expires no more`);
  if (!hold.seats.includes(seat)) return indeterminate(`${state}, which is of other seats`);
  return { type: "seat", seat, state: "held", hold: by, buyer: hold.buyer, deadlineUs: hold.deadlineUs };
}
