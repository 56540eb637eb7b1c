import { once } from "node:events";
import { type Server as HttpServer, maxHeaderSize } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { WideListener } from "../service-kit/wide-listener.ts";

/** A way past the HTTP server, for the one kind of request that nearly all clients make. */
export interface ShortWay {
  /** Of the request line; its first group is the target. */
  request: RegExp;
  /** Answers on the bare socket, now or later; false: the HTTP server shall answer. */
  open(socket: Socket, target: string, head: string): boolean;
}

interface AcceptorOptions {
  http: HttpServer;
  shortWay: ShortWay;
  /** How much may wait in a socket, over what the kernel has taken, before its client counts as slow. */
  slowBytes: number;
}

/** A connection without a whole request is closed after this, or twice this at most. */
const requestWithinMs = 10_000;

const requestLine = /^GET [\x21-\x7e]+ HTTP\/1\.1$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9a-z-]+):[\t\x20-\x7e]*$/i;
/** What means a body, or another protocol. */
const headersOfMore = new Set(["content-length", "transfer-encoding", "expect", "upgrade"]);
const mostHeaders = 64;

/**
 * Whether a head says only what is understood here: lines of plain ASCII, each header once, no body. What the HTTP server
 * would refuse, or would read in another way, is for it to read.
 */
function isPlain(head: string): boolean {
  const lines = head.split("\r\n");
  // The last two are empty: that of the line break after the last header, and that of the empty line.
  const count = lines.length - 3;
  if (count > mostHeaders || !requestLine.test(lines[0]!)) return false;
  const names = new Set<string>();
  for (let index = 1; index <= count; index++) {
    const name = headerLine.exec(lines[index]!)?.[1]?.toLowerCase();
    if (name === undefined || headersOfMore.has(name)) return false;
    names.add(name);
  }
  return names.size === count && names.has("host");
}

/**
 * Accepts connections. A plain request for a stream that comes whole in its first packet, as those of nearly all clients
 * do, is answered here: the HTTP server's parser, request and response would stay with it for as long as it lives
 * (11 KB a connection, and 35 of 98 µs to open one; see README). Everything else goes to the HTTP
 * server, which means the same by the same request.
 */
export class Acceptor {
  readonly server: Server;
  readonly #options: AcceptorOptions;
  readonly #sockets = new Set<Socket>();
  #unanswered = new Set<Socket>();
  #unansweredBefore = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  readonly #wide: WideListener;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    const first = (socket: Socket, data: Buffer) => this.#first(socket, data);
    function onData(this: Socket, data: Buffer) {
      first(this, data);
    }
    const closed = (socket: Socket) => {
      this.#sockets.delete(socket);
      this.#answered(socket);
    };
    function onClose(this: Socket) {
      closed(this);
    }
    const accept = (socket: Socket) => {
      this.#sockets.add(socket);
      this.#unanswered.add(socket);
      socket.on("error", ignore);
      socket.on("close", onClose);
      socket.once("data", onData);
    };
    const serverOptions = { noDelay: true, highWaterMark: options.slowBytes };
    this.server = createServer(serverOptions, accept);
    this.#wide = new WideListener(serverOptions, accept);
    options.http.on("request", (request) => this.#answered(request.socket));
    this.#timer = setInterval(() => this.#closeUnanswered(), requestWithinMs).unref();
  }

  async listen(port: number, host: string): Promise<void> {
    // The kernel takes the lesser of this and net.core.somaxconn.
    await this.#wide.listen({ port, host, backlog: 65_535 }, async (options) => {
      this.server.listen(options);
      await once(this.server, "listening");
      return (this.server.address() as AddressInfo).port;
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** No more connections from now on. */
  stopAccepting(): void {
    clearInterval(this.#timer);
    this.server.close();
    this.#wide.close();
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #first(socket: Socket, data: Buffer): void {
    const { shortWay, http } = this.#options;
    const head = data.toString("latin1");
    const target =
      // The HTTP server refuses what is longer.
      head.length <= maxHeaderSize &&
      head.endsWith("\r\n\r\n") &&
      head.indexOf("\r\n\r\n") === head.length - 4 &&
      shortWay.request.exec(head)?.[1];
    if (target && isPlain(head) && this.server.listening) {
      if (shortWay.open(socket, target, head)) {
        this.#answered(socket);
        // What a client says after its request means nothing here; reading on tells when it leaves.
        socket.resume();
        return;
      }
    }
    socket.pause();
    socket.unshift(data);
    http.emit("connection", socket);
    socket.resume();
  }

  #answered(socket: Socket): void {
    this.#unanswered.delete(socket);
    this.#unansweredBefore.delete(socket);
  }

  #closeUnanswered(): void {
    for (const socket of this.#unansweredBefore) socket.destroy();
    this.#unansweredBefore = this.#unanswered;
    this.#unanswered = new Set();
  }
}

/** @param pattern has the value as its first group: `headerPattern("last-event-id")` */
export function headerIn(head: string, pattern: RegExp): string | undefined {
  return pattern.exec(head)?.[1];
}

export function headerPattern(name: string): RegExp {
  return new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]*?)[ \\t]*\\r\\n`, "i");
}

function ignore(): void {}
