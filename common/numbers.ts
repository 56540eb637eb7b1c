/**
 * Numbers as people write them, whole and strict: what JavaScript's own reading lets pass (`""`, `0x10`, `1e3`, `Infinity`) is
 * no number here.
 */

/** `2000`, `2_000` or `2,000`: thousands grouped by three, or not at all. Longer is no safe integer. */
const whole = /^(?:\d{1,16}|\d{1,3}(?:_\d{3}){1,4}|\d{1,3}(?:,\d{3}){1,4})$/;

/** @returns `undefined` when the text is no whole number, or one beyond what can be counted */
export function parseWhole(text: string): number | undefined {
  if (!whole.test(text)) return undefined;
  const value = Number(text.replaceAll(/[_,]/g, ""));
  return Number.isSafeInteger(value) ? value : undefined;
}

const decimal = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/** @returns `undefined` when the text is no number such as `0.99` or `-5` */
export function parseDecimal(text: string): number | undefined {
  // -0 is 0.
  return decimal.test(text) ? Number(text) + 0 : undefined;
}

/** Text that somebody gave, to be quoted in an error: of what is endless, the beginning. */
export function quoted(text: string): string {
  const most = 60;
  return text.length <= most ? `"${text}"` : `"${text.slice(0, most)}…" (${text.length} characters)`;
}
