/** Series (`name{a="b"}` with labels as written) → value. */
export type Series = ReadonlyMap<string, number>;

const samplePattern =
  /^([a-z_][a-z0-9_]*)(?:\{((?:[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (NaN|[+-]?(?:Inf|[0-9.]+(?:e[+-]?[0-9]+)?))$/;

function refuse(why: string): never {
  throw new Error(`no exposition: ${why}`);
}

/** Reads the text format of Prometheus, and refuses what promtool would: strict, and only what we write. */
export function parseExposition(text: string): Series {
  if (!text.endsWith("\n")) refuse("its last line is cut");
  const series = new Map<string, number>();
  const types = new Map<string, string>();
  let family = "";
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, keyword, name, rest] = /^# (HELP|TYPE) ([a-z0-9_]+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") family = name!;
    else if (keyword === "TYPE") {
      if (name !== family || types.has(family)) refuse(`${name} is described twice, or without help`);
      if (!["gauge", "counter", "histogram"].includes(rest!)) refuse(`${family} is a ${rest}`);
      if ((rest === "counter") !== family.endsWith("_total")) refuse(`${family} is named as no ${rest} is`);
      types.set(family, rest!);
    } else {
      const [, metric, labels, value] = samplePattern.exec(line) ?? refuse(line);
      const suffixes = types.get(family) === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      if (!suffixes.some((suffix) => family + suffix === metric)) refuse(`${metric} stands under ${family}`);
      const key = labels === undefined ? metric! : `${metric}{${labels}}`;
      if (series.has(key)) refuse(`${key} is there twice`);
      series.set(key, Number(value!.replace("Inf", "Infinity")));
    }
  }
  return series;
}

/** Every series that may only grow: counters, and all of a histogram. */
export const isCounter = (key: string) => /^[a-z_]+_(total|bucket|sum|count)(\{|$)/.test(key);
