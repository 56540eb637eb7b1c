import { setTimeout as delay } from "node:timers/promises";
import type { Acceptor } from "./acceptor.ts";

const batches = 20;
/** What was written last goes out meanwhile. */
const closeWithinMs = 1000;

/** Ends all streams bit by bit, so that clients do not all come back at the same instant. */
export async function endStreams(
  clients: { readonly size: number },
  end: (count: number) => void,
  drainMs: number,
): Promise<void> {
  const perBatch = Math.ceil(clients.size / batches);
  while (clients.size > 0) {
    end(Math.max(perBatch, 1));
    await delay(drainMs / batches);
  }
}

/** Waits until the peers have closed their connections, and closes what is left. */
export async function closeConnections(acceptor: Acceptor): Promise<void> {
  const deadline = performance.now() + closeWithinMs;
  while (acceptor.connections > 0 && performance.now() < deadline) await delay(10);
  acceptor.destroyAll();
}
