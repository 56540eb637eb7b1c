/** Prints a list with one line an item, or as a JSON array. */
export function printList(items: readonly { id: string; title: string }[], json: boolean | undefined): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(items, null, 2)}\n`);
    return;
  }
  const width = Math.max(...items.map(({ id }) => id.length));
  for (const { id, title } of items) process.stdout.write(`${id.padEnd(width)}  ${title}\n`);
}
