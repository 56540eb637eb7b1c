/** Figures as the report writes them. */
import { formatMs } from "../../common/duration.ts";
import type { Objective } from "../../verdict/contract.ts";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const noFigure = "–";

export function count(value: number): string {
  return whole.format(value);
}

export function ms(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? noFigure : formatMs(value);
}

/** A share without rounding a loss away: 0.99995 is not 100 %. */
export function percent(share: number): string {
  const value = share * 100;
  const missing = Math.abs(100 - value);
  const nearWhole = missing > 0 && missing < 10;
  const digits = nearWhole ? Math.min(6, 1 - Math.floor(Math.log10(missing))) : 1;
  return `${Number(value.toFixed(digits))} %`;
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${Number(size.toPrecision(3))} ${units[unit]}`;
}

/** Memory as it is bought. */
export function gibibytes(value: number): string {
  return `${Number((value / 1024 ** 3).toPrecision(3))} GiB`;
}

/** An observed or wanted value in its unit. */
export function figure(value: number | null, unit: Objective["unit"]): string {
  if (value === null || !Number.isFinite(value)) return noFigure;
  if (unit === "ms") return formatMs(value);
  return unit === "ratio" ? percent(value) : count(value);
}

/** Seconds of the run's clock, as the charts have them: `20 s`, `20.4 s`, `12:05`. */
export function clock(atMs: number): string {
  if (atMs < 600_000) return `${Number((atMs / 1000).toFixed(1))} s`;
  const seconds = Math.round(atMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}

/** Date and time of the machine that ran, in universal time, since a report is read anywhere. */
export function date(iso: string): string {
  const parsed = new Date(iso);
  return Number.isNaN(parsed.getTime()) ? iso : `${parsed.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
