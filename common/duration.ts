const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * Reads a duration as people write it: `250ms`, `10s`, `1m30s`, `1.5s`.
 * @returns milliseconds, or `undefined` when the text is no duration.
 */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text.trim()) return undefined;
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * unitsMs[unit as keyof typeof unitsMs],
    0,
  );
}

/** Milliseconds as people read them: `0.4 ms`, `38 ms`, `1.27 s`, `2 min 5 s`. */
export function formatMs(ms: number): string {
  const size = Math.abs(ms);
  if (size === 0) return "0 ms";
  if (size < 10) return `${Number(ms.toPrecision(2))} ms`;
  if (size < 1000) return `${Math.round(ms)} ms`;
  if (size < 10_000) return `${Number((ms / 1000).toFixed(2))} s`;
  if (size < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
