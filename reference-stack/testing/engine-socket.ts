import { connect, createServer, type Socket } from "node:net";
import type { Engine } from "../providers/containers/engine.ts";

/** In place of the engine's own socket one that can be closed: to whoever uses it the engine is gone then. */
export async function engineSocket(engine: Engine, path: string): Promise<{ url: string; close(): void }> {
  const { socketPath } = engine.docker.modem as unknown as { socketPath: string };
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(socketPath);
    from.pipe(to).pipe(from);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    url: `unix://${path}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
