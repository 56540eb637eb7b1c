/** The stretch of the charts in which the given instants lie; `null` when there are none. */
export function stretchOf(
  at: readonly { atUs: number }[],
  startAtUs: number,
): { fromMs: number; toMs: number } | null {
  const first = at[0];
  const last = at.at(-1);
  if (!first || !last) return null;
  return {
    fromMs: Math.max(0, (first.atUs - startAtUs) / 1000 - 1000),
    toMs: Math.max(0, (last.atUs - startAtUs) / 1000),
  };
}
