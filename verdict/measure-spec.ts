import type { EventClass } from "../common/match-day.ts";
import { measureNamed, measures } from "../measurements/catalogue.ts";
import { formatKey, tryParseKey } from "../measurements/keys.ts";
import type { Objective } from "./contract.ts";
import { type ShareName, shareNames } from "./shares.ts";

/** What the `measure` of an objective asks for. */
export type MeasureSpec =
  | { kind: "latency"; measure: string; percentile: number }
  | { kind: "delivery"; field: DeliveryField }
  | { kind: "clients"; field: "connectedRatio" }
  | { kind: "share"; name: ShareName };

const deliveryFields = ["ratio", "lost", "late", "duplicate", "reordered", "misdelivered"] as const;
export type DeliveryField = (typeof deliveryFields)[number];

/** 100 is the largest sample. */
const percentiles: Readonly<Record<string, number>> = {
  p50: 50,
  p75: 75,
  p90: 90,
  p95: 95,
  p99: 99,
  p999: 99.9,
  p9999: 99.99,
  max: 100,
};

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
  if (text in shareNames) return { kind: "share", name: text as ShareName };
  const percentile = percentiles[tail];
  const key = tryParseKey(head);
  const measure = key && measureNamed(key.name);
  if (percentile === undefined || !measure || key.phase !== undefined) return undefined;
  const labelsKnown = Object.entries(key.labels).every(
    ([label, value]) => measure.labels.includes(label) && (labelValues[label]?.includes(value) ?? true),
  );
  return labelsKnown ? { kind: "latency", measure: formatKey(key), percentile } : undefined;
}

/** The name of a percentile of a measure, from an SLO's share of good events: 0.99 is `p99`. */
export function percentileNamed(share: number): string | undefined {
  return Object.keys(percentiles).find((name) => Math.abs(percentiles[name]! / 100 - share) < 1e-9);
}

export function unitOf(spec: MeasureSpec): Objective["unit"] {
  if (spec.kind === "latency") return "ms";
  return spec.kind !== "delivery" || spec.field === "ratio" ? "ratio" : "count";
}

/** For people who named one that is not there. */
export function validMeasures(): string {
  const latencies = measures.map(({ name, labels }) => {
    const text = labels.map((label) => `${label}=${labelValues[label]?.join("|") ?? "…"}`).join(",");
    return text === "" ? name : `${name}, ${name}{${text}}`;
  });
  return `one of ${latencies.join(", ")}, each with ${Object.keys(percentiles)
    .map((name) => `.${name}`)
    .join(
      " ",
    )}; ${deliveryFields.map((field) => `delivery.${field}`).join(", ")}; clients.connectedRatio, ${Object.keys(shareNames).join(", ")}`;
}
