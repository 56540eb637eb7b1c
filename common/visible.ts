/**
 * Names come from files and servers that others wrote: what would move a terminal's cursor, paint it, ring it or turn its text
 * around is shown instead of done. Left alone are letters, marks and joiners of every script.
 */
const hidden = new RegExp(
  [
    // C0, DEL and C1: escape sequences, bells, line breaks.
    String.raw`[\u{0}-\u{1F}\u{7F}-\u{9F}]`,
    // Soft hyphen, zero widths, separators of lines and paragraphs.
    String.raw`[\u{AD}\u{200B}\u{2028}\u{2029}\u{2060}\u{FEFF}]`,
    // Direction: marks, embeddings, overrides, isolates.
    String.raw`[\u{61C}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}]`,
    // Tags: text that no font draws, but in the flags of England, Scotland and Wales.
    String.raw`(?<!\u{1F3F4}[\u{E0020}-\u{E007F}]*)[\u{E0000}-\u{E007F}]`,
    // Half of a character.
    String.raw`\p{Surrogate}`,
  ].join("|"),
  "gu",
);

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `\u{1b}[31m` for what would be red: text of one line, in which nothing is hidden. */
export function visible(text: string): string {
  return text.replace(
    hidden,
    (character) => short[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** The same for text of several lines, which keeps them. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visible).join("\n");
}

/** A copy in which all text is visible, keys included. */
export function allVisible<T>(value: T): T {
  if (typeof value === "string") return visible(value) as T;
  if (Array.isArray(value)) return value.map(allVisible) as T;
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [visible(key), allVisible(of)])) as T;
}

/**
 * JSON in which nothing is hidden either: the same value for who reads it, and a terminal does nothing of what is in it. JSON
 * itself escapes only half of that.
 */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(hidden, (character) =>
    // Its own line breaks; those of texts are escaped already.
    character === "\n" ? character : character.split("").map(escaped).join(""),
  );
}

const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
