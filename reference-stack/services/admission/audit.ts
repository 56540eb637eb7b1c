import type { AuditEntry } from "../../../common/presale.ts";
import type { RedisClient } from "../../service-kit/redis-link.ts";
import { type Admitted, presaleKeys } from "../presale/redis-names.ts";
import { seatAudit } from "../presale/seat-audit.ts";
import type { PresaleRun } from "./presale-run.ts";

/** What Redis holds of a presale: exact once nothing changes any more. */
export async function* auditOf(client: RedisClient, run: PresaleRun): AsyncGenerator<AuditEntry> {
  const { openAtUs: _, ...script } = run.presale;
  const keys = presaleKeys(script.event);
  const [places, left, admitted, soldOut] = await Promise.all([
    client.hGetAll(keys.places),
    client.hGetAll(keys.left),
    client.hGetAll(keys.admitted),
    client.exists(keys.soldOut),
  ]);
  const entries = placesOf(places, left, admitted);
  yield {
    type: "presale",
    script,
    soldOut: soldOut === 1,
    admitted: Object.keys(admitted).length,
    joined: entries.length,
  };
  yield* seatAudit(client, script);
  yield* entries;
  yield* run.decisions.map((decision) => ({ type: "decision" as const, ...decision }));
}

/** Every place that was ever given, in order. */
export function placesOf(
  places: Record<string, string>,
  left: Record<string, string>,
  admitted: Record<string, string>,
): AuditEntry[] {
  const entry = (buyer: string, place: string) => {
    const [ordinal, joinedAtUs] = place.split(":").map(Number) as [number, number];
    return { type: "place" as const, buyer, ordinal, joinedAtUs };
  };
  const here = Object.entries(places).map(([buyer, place]) => {
    const json = admitted[buyer];
    if (json === undefined) return entry(buyer, place);
    const { as, atUs }: Admitted = JSON.parse(json);
    return { ...entry(buyer, place), admittedAs: as, admittedAtUs: atUs };
  });
  const gone = Object.entries(left).map(([buyer, place]) => ({ ...entry(buyer, place), left: true }));
  return [...here, ...gone].sort((one, other) => one.ordinal - other.ordinal);
}
