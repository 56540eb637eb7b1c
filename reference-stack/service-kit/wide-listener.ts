import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type ServerOpts, type Socket } from "node:net";

/**
 * libuv accepts one connection at each turn of the event loop (libuv#3696). A process with thousands of clients and little CPU
 * has turns of 20 ms: that is 50 connections a second, however short the work for each is, while those that are in already are
 * served at once. So a port has several sockets, each of which is good for one. macOS knows no such sharing of a port.
 */
const sockets = process.platform === "linux" ? 8 : 1;

interface At {
  port: number;
  host: string;
  backlog?: number;
}

/** Further sockets on the port of a server. */
export class WideListener {
  readonly #options: ServerOpts;
  readonly #accept: (socket: Socket) => void;
  readonly #further: Server[] = [];
  /** Whoever may share a port may share it with a stranger of the same user; this number is bound to us alone. */
  readonly #guard = createSocket("udp4");

  /** @param options of the server whose port it is: its sockets shall be like those of that server */
  constructor(options: ServerOpts, accept: (socket: Socket) => void) {
    this.#options = options;
    this.#accept = accept;
  }

  /**
   * @param first makes the server itself listen, and gives the port that it has
   * @throws EADDRINUSE, whoever has the port
   */
  async listen(at: At, first: (options: At & { reusePort: boolean }) => Promise<number>): Promise<void> {
    const shared = { ...at, reusePort: sockets > 1 };
    // A port that the kernel chooses is nobody else's.
    if (at.port !== 0) await this.#reserve(at);
    const port = await first(shared);
    while (this.#further.length < sockets - 1) {
      const server = createServer(this.#options, this.#accept);
      this.#further.push(server);
      server.listen({ ...shared, port });
      await once(server, "listening");
    }
  }

  /** No more connections; those that there are stay. */
  close(): void {
    for (const server of this.#further) server.close();
    this.#guard.close();
  }

  async #reserve({ port, host }: At): Promise<void> {
    // An IPv4 address whatever the host: the number is what matters.
    const address = host.includes(":") || host === "0.0.0.0" ? "0.0.0.0" : host;
    this.#guard.unref().bind({ port, address, exclusive: true });
    await once(this.#guard, "listening");
  }
}
