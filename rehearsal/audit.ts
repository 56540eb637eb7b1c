import type { AuditEntry } from "../common/presale.ts";
import type { StackBooks } from "../reference-stack/handle.ts";
import type { RunFolder } from "./run-folder.ts";

const batchSize = 1000;

/** When the crowd has said its last: the books of a sale, to be held against what it was told. */
export async function saveAudit(books: StackBooks, folder: RunFolder): Promise<void> {
  let batch: AuditEntry[] = [];
  const write = () => {
    folder.append("audit.jsonl", batch, { remember: false });
    batch = [];
  };
  for await (const entry of books.audit()) if (batch.push(entry) >= batchSize) write();
  write();
}
