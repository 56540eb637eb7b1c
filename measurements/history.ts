import type { Fact } from "../common/errors.ts";
import type { HistoryEntry } from "../common/journey.ts";
import { LineReader } from "./json-lines.ts";
import { linesOf } from "./lines.ts";
import { lineSchemas } from "./record-schemas.ts";

/**
 * Reads a file of histories, a piece at a time: it may hold millions of lines, which is more than a string can. Each line
 * says all that its client has captured so far; what is kept of it is what the client has not said before.
 */
export async function readHistory(
  path: string,
  name: string,
): Promise<{ entries: HistoryEntry[]; problems: Fact[] }> {
  const entries: HistoryEntry[] = [];
  const reader = new LineReader<HistoryEntry>(name, lineSchemas.history);
  const news = new News();
  for await (const line of linesOf(path)) {
    const entry = reader.take(line);
    if (entry !== undefined) entries.push(news.of(entry));
    if (reader.gaveUp) break;
  }
  reader.end();
  return { entries, problems: reader.problems };
}

/** What each client has said so far, as text, since values are told as text or as JSON. */
class News {
  readonly #said = new Map<number, Map<string, string>>();

  of(entry: HistoryEntry): HistoryEntry {
    const { values, ...told } = entry;
    if (values === undefined) return entry;
    const said = this.#said.get(entry.client) ?? new Map<string, string>();
    this.#said.set(entry.client, said);
    const fresh: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(values)) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      if (said.get(name) === text) continue;
      said.set(name, text);
      fresh[name] = value;
    }
    return Object.keys(fresh).length === 0 ? told : { ...told, values: fresh };
  }
}
