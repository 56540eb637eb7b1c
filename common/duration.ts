const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

const amount = String.raw`\d{1,12}(?:\.\d{1,9})?`;
/** Each unit once, the larger first. */
const pattern = new RegExp(
  `^${["h", "m", "s", "ms"].map((unit) => `(?:(?<${unit}>${amount})${unit})?`).join("")}$`,
);

/** A hundred days: longer than anything that is rehearsed, and short enough to add up without a loss. */
const mostMs = 100 * 24 * unitsMs.h;

/**
 * Reads a duration as people write it: `250ms`, `10s`, `1m30s`, `1.5s`.
 * @returns milliseconds, or `undefined` when the text is no duration, or one of more than a hundred days.
 */
export function parseDuration(text: string): number | undefined {
  const parts = Object.entries(pattern.exec(text.trim())?.groups ?? {}).filter(([, given]) => given);
  if (parts.length === 0) return undefined;
  const ms = parts.reduce(
    (sum, [unit, given]) => sum + Number(given) * unitsMs[unit as keyof typeof unitsMs],
    0,
  );
  return ms <= mostMs ? ms : undefined;
}

/** Milliseconds as people read them: `0.4 ms`, `38 ms`, `1.27 s`, `2 min 5 s`. */
export function formatMs(ms: number): string {
  if (ms < 0) return `-${formatMs(-ms)}`;
  if (ms === 0) return "0 ms";
  // Each limit is where rounding would reach the next unit: 999.6 ms is 1 s.
  if (ms < 9.95) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9995) return `${Number((ms / 1000).toFixed(2))} s`;
  if (ms < 119_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
