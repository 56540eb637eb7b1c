import type { EventClass } from "../common/match-day.ts";
import { measureNamed, measures } from "../measurements/catalogue.ts";
import { formatKey, tryParseKey } from "../measurements/keys.ts";
import type { Delivery, Objective } from "./contract.ts";
import { type ShareName, shareWords } from "./share-words.ts";

/** What the `measure` of an objective asks for. */
export type MeasureSpec =
  | { kind: "latency"; measure: string; percentile: number }
  | { kind: "delivery"; field: DeliveryField }
  | { kind: "clients"; field: "connectedRatio" }
  | { kind: "share"; name: ShareName };

const deliveryShares = ["ratio", "notLateRatio", "notLostRatio", "lateRatio", "lostRatio"] as const;
const deliveryCounts = ["lost", "late", "duplicate", "reordered", "misdelivered"] as const;
const deliveryFields = [...deliveryShares, ...deliveryCounts];
export type DeliveryShare = (typeof deliveryShares)[number];
export type DeliveryField = (typeof deliveryFields)[number];

const eventClasses: Record<EventClass, true> = {
  goal: true,
  correction: true,
  card: true,
  status: true,
  odds: true,
};
const labelValues: Readonly<Record<string, readonly string[]>> = { class: Object.keys(eventClasses) };

/** @returns `undefined` when there is no such measure. */
export function parseMeasureSpec(text: string): MeasureSpec | undefined {
  const dot = text.lastIndexOf(".");
  if (dot < 0) return undefined;
  const head = text.slice(0, dot);
  const tail = text.slice(dot + 1);
  if (head === "delivery") {
    const field = deliveryFields.find((candidate) => candidate === tail);
    return field && { kind: "delivery", field };
  }
  if (head === "clients") return tail === "connectedRatio" ? { kind: "clients", field: tail } : undefined;
  if (Object.hasOwn(shareWords, text)) return { kind: "share", name: text as ShareName };
  const percentile = percentileOf(tail);
  const key = tryParseKey(head);
  const measure = key && measureNamed(key.name);
  if (percentile === undefined || !measure || key.phase !== undefined) return undefined;
  const labelsKnown = Object.entries(key.labels).every(
    ([label, value]) => measure.labels.includes(label) && (labelValues[label]?.includes(value) ?? true),
  );
  return labelsKnown ? { kind: "latency", measure: formatKey(key), percentile } : undefined;
}

/** `p50`, `p95`, `p999` (99.9), `p01`; `max` is the largest sample. */
function percentileOf(name: string): number | undefined {
  if (name === "max") return 100;
  const [, whole, decimals] = /^p(\d\d)(\d*[1-9])?$/.exec(name) ?? [];
  return whole === undefined ? undefined : Number(`${whole}.${decimals ?? ""}`);
}

/** The name of a percentile, from a share of events: 0.99 is `p99`, 0.9995 is `p9995`, and all of them is `max`. */
export function percentileNamed(share: number): string {
  if (share >= 1) return "max";
  const [whole = "", decimals = ""] = String(exact(share * 100)).split(".");
  return `p${whole.padStart(2, "0")}${decimals}`;
}

/** Without what binary fractions add: 0.29 * 100 is 28.999999999999996. */
export const exact = (value: number) => Number(value.toPrecision(12));

export function unitOf(spec: MeasureSpec): Objective["unit"] {
  if (spec.kind === "latency") return "ms";
  return spec.kind !== "delivery" || isDeliveryShare(spec.field) ? "ratio" : "count";
}

export function isDeliveryShare(field: DeliveryField): field is DeliveryShare {
  return deliveryShares.some((share) => share === field);
}

/** What cannot be told apart by time, and so neither by phase nor by fault. */
export function isOfWholeRun(spec: MeasureSpec): spec is Extract<MeasureSpec, { kind: "clients" | "share" }> {
  return spec.kind === "clients" || spec.kind === "share";
}

/** A share, or a count, of deliveries. */
export function deliveryValue(delivery: Delivery, field: DeliveryField): number {
  if (!isDeliveryShare(field)) return delivery[field];
  return delivery.expected === 0 ? 0 : partOf(field, delivery) / delivery.expected;
}

/** What a share of deliveries counts. */
export function partOf(
  share: DeliveryShare,
  { onTime, late, lost }: Pick<Delivery, "onTime" | "late" | "lost">,
): number {
  return {
    ...{ ratio: onTime, lateRatio: late, lostRatio: lost },
    ...{ notLateRatio: onTime + lost, notLostRatio: onTime + late },
  }[share];
}

/** For people who named one that is not there. */
export function validMeasures(): string {
  const latencies = measures.map(({ name, labels }) => {
    const text = labels.map((label) => `${label}=${labelValues[label]?.join("|") ?? "…"}`).join(",");
    return text === "" ? name : `${name}, ${name}{${text}}`;
  });
  return `one of ${latencies.join(", ")}, each with a percentile (.p50, .p95, .p999, …) or .max; ${deliveryFields.map((field) => `delivery.${field}`).join(", ")}; clients.connectedRatio, ${Object.keys(shareWords).join(", ")}`;
}
