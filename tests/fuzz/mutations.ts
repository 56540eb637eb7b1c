/** What somebody, a crash or an editor could make of a text that was right. */
import fc from "fast-check";

/** Values that readers trip over. */
export const hostileTexts: readonly string[] = [
  ...[
    "",
    " ",
    "0",
    "-0",
    "-1",
    "1e3",
    "0x10",
    "5,,0",
    "NaN",
    "Infinity",
    "1".repeat(400),
    "9007199254740993",
  ],
  ...["null", "true", "~", ".inf", "__proto__", "constructor", "toString", "*", "&a *a", "<<", "!!binary x"],
  ...["\u001b[2J", "\u009b2J\u0007", "\u202etxt", "a\nb", "\t", "\u0000", "é⚽", "\ud83e", "x".repeat(5000)],
  ...[
    "../../../etc/passwd",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/mem",
    ".",
    "/",
    "-",
    "--",
    "none",
    "auto",
  ],
  ...[
    "10s",
    "0s",
    "1m30s",
    `${"9".repeat(400)}s`,
    "1d",
    "99%",
    "101%",
    "p99",
    "event_age{class=goal}.p99",
    "{",
    "}}",
  ],
  ...[
    "redis-down",
    "goal-spike",
    "presale",
    "live-scores",
    "edge-1",
    "edge-{1..99999}.redis",
    "{a,b}".repeat(20),
  ],
];

const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  ...[null, true, false, 0, -0, -1, 0.5, 1e308, -1e308, 2 ** 53, 1e12, 4294967296, [], {}, [[]], [null]],
  ...[JSON.parse('{"__proto__": null}'), { length: 3 }, { type: "x" }, ["x", 1], Array(50).fill(0)],
];

export const hostileText = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const hostileValue = fc.oneof(
  fc.constantFrom(...hostileValues),
  fc.jsonValue({ maxDepth: 2 }),
  fc.double({ noNaN: true }),
  fc.integer(),
);

/** 0 to 1: where in a text, in a list, in a tree. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

export interface TextEdit {
  how: "cut" | "drop-line" | "repeat-line" | "swap-lines" | "insert" | "replace-word" | "indent" | "flood";
  at: number;
  to: number;
  text: string;
}

export const textEdits: fc.Arbitrary<TextEdit[]> = fc.array(
  fc.record({
    how: fc.constantFrom(
      ...([
        "cut",
        "drop-line",
        "repeat-line",
        "swap-lines",
        "insert",
        "replace-word",
        "indent",
        "flood",
      ] as const),
    ),
    at: place,
    to: place,
    text: hostileText,
  }),
  { minLength: 1, maxLength: 4 },
);

export const editText = (text: string, edits: readonly TextEdit[]) => edits.reduce(edited, text);

function edited(text: string, { how, at, to, text: given }: TextEdit): string {
  const lines = text.split("\n");
  const [line, other] = [at, to].map((where) => Math.floor(where * lines.length)) as [number, number];
  const offset = Math.floor(at * text.length);
  switch (how) {
    case "cut":
      return text.slice(0, offset);
    case "drop-line":
      return lines.toSpliced(line, 1).join("\n");
    case "repeat-line":
      return lines.toSpliced(line, 0, ...Array(1 + Math.floor(to * 5)).fill(lines[line])).join("\n");
    case "swap-lines":
      return lines.with(line, lines[other]!).with(other, lines[line]!).join("\n");
    case "insert":
      return text.slice(0, offset) + given + text.slice(offset);
    case "replace-word": {
      const words = [...text.matchAll(/[\w.%-]+/g)];
      const word = words[Math.floor(at * words.length)];
      return word ? text.slice(0, word.index) + given + text.slice(word.index + word[0].length) : given;
    }
    case "indent":
      return lines.with(line, `${" ".repeat(Math.floor(to * 6))}${lines[line]!.trimStart()}`).join("\n");
    case "flood":
      return (
        text.slice(0, offset) +
        (given || "[").repeat(Math.floor(to * 2000)).slice(0, 100_000) +
        text.slice(offset)
      );
  }
}

export interface ValueEdit {
  how: "replace" | "delete" | "repeat" | "rename";
  at: number;
  value: unknown;
}

export const valueEdits: fc.Arbitrary<ValueEdit[]> = fc.array(
  fc.record({
    how: fc.constantFrom(...(["replace", "replace", "replace", "delete", "repeat", "rename"] as const)),
    at: place,
    value: hostileValue,
  }),
  { minLength: 1, maxLength: 3 },
);

/** Changes a value somewhere in a tree of JSON; the tree that is given stays as it is. */
export function editValue<T>(tree: T, edits: readonly ValueEdit[]): T {
  const root = { root: structuredClone(tree) };
  for (const { how, at, value } of edits) {
    const places = placesIn(root);
    const [holder, key] = places[Math.floor(at * places.length)]!;
    if (how === "replace") holder[key] = structuredClone(value);
    else if (how === "delete" && holder !== root) delete holder[key];
    else if (how === "repeat" && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]));
    else if (how === "rename" && !Array.isArray(holder))
      holder[JSON.stringify(value).slice(0, 20)] = holder[key];
  }
  return root.root;
}

/** The same, but texts stay texts and numbers numbers: what a compiler does not see. */
export function editLeaves<T>(tree: T, edits: readonly ValueEdit[]): T {
  const root = { root: structuredClone(tree) };
  for (const { at, value } of edits) {
    const alike = placesIn(root).filter(
      ([holder, key]) => typeof holder[key] === typeof value && key !== "do" && key !== "kind",
    );
    const [holder, key] = alike[Math.floor(at * alike.length)] ?? [];
    if (holder && key !== undefined && typeof value !== "object") holder[key] = value;
  }
  return root.root;
}

function placesIn(holder: Record<string, unknown>): [Record<string, unknown>, string][] {
  return Object.entries(holder).flatMap(([key, value]) => [
    [holder, key] as [Record<string, unknown>, string],
    ...(typeof value === "object" && value !== null ? placesIn(value as Record<string, unknown>) : []),
  ]);
}
