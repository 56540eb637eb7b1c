import { allVisible, visibleJson } from "../common/visible.ts";

/** Prints a list with one line an item, or as a JSON array. */
export function printList(
  items: readonly { id: string; title: string; what?: string }[],
  json: boolean | undefined,
): void {
  if (json) {
    process.stdout.write(`${visibleJson(items)}\n`);
    return;
  }
  const shown = allVisible(items);
  const width = Math.max(...shown.map(({ id }) => id.length));
  const whatWidth = Math.max(...shown.map(({ what }) => what?.length ?? 0));
  for (const { id, title, what } of shown) {
    const column = what === undefined ? "" : `${what.padEnd(whatWidth)}  `;
    process.stdout.write(`${column}${id.padEnd(width)}  ${title}\n`);
  }
}
