/**
 * Text for Markdown as GitHub and GitLab read it: no name breaks a table, becomes markup or a link, or calls for anybody.
 * Lines are one line already (`common/visible.ts`).
 */
export function markdownText(value: string): string {
  return (
    value
      .replaceAll("&", "&amp;")
      .replace(/[\\`*_[\]<>~|]/g, "\\$&")
      // Where a list or a line could begin.
      .replace(/^\s*(?:[-+](?=\s|$)|[-=]+\s*$)/, "\\$&")
      .replace(/^(\s*\d+)(?=[.)](?:\s|$))/, "$1\\")
      .replaceAll("$", "<span>$</span>")
      // What links by itself is cut by a space without width, as dependency bots do: a backslash would not help.
      .replace(/[@#!](?=[\w/-])|:(?=\/\/)|\bwww(?=\.)|\bGH(?=-\d)/gi, "$&&#8203;")
  );
}

/** In backticks, of which it may hold some itself. */
export function markdownCode(value: string): string {
  const fence = "`".repeat(longestRun(value) + 1);
  const space = /^`|`$/.test(value) ? " " : "";
  return `${fence}${space}${value}${space}${fence}`;
}

/** A block of code. */
export function markdownBlock(language: string, value: string): string[] {
  const fence = "`".repeat(Math.max(3, longestRun(value) + 1));
  return [`${fence}${language}`, value, fence];
}

const longestRun = (value: string) => Math.max(0, ...[...value.matchAll(/`+/g)].map(([run]) => run.length));

export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly boolean[],
): string[] {
  return [
    `| ${head.join(" | ")} |`,
    `|${numbers.map((isNumber) => (isNumber ? "--:" : "---")).join("|")}|`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ];
}
