import type { Socket } from "node:net";

/**
 * `replaying`: gets what it has missed, and is live when it has taken that. `live`: gets everything. `slow`: has more queued than
 * it takes; nothing is added until that has drained.
 */
export type StreamMode = "replaying" | "live" | "slow";

/** One open stream, as far as it is written to. There are many thousands: a few small fields, no closures, no timers. */
export interface OpenStream {
  readonly socket: Socket;
  /** Who hears the same; `spokeAtMs`: when all of them last heard something, on this process's clock. */
  readonly channel: { readonly spokeAtMs: number };
  mode: StreamMode;
  /** Heartbeat rounds that it has been slow for. */
  slowRounds: number;
}

const streamOf = Symbol("stream");

type StreamSocket = Socket & { [streamOf]?: OpenStream };

interface OutletOptions<Stream> {
  /** A stream takes less than it is sent. */
  onSlow(): void;
  /** It has taken all of it, and is live again; `was` before. */
  onDrained?(stream: Stream, was: StreamMode): void;
  onClose(stream: Stream): void;
}

/**
 * Writes to the streams of an edge. One whose socket holds more than its limit (`SLOW_BYTES`, over what the kernel has taken) is
 * slow until it has taken all of that. All sockets share the same few functions.
 */
export class Outlet<Stream extends OpenStream> {
  /** To open streams; plain numbers, read when somebody asks: this is the hottest path there is. */
  writes = 0;
  bytes = 0;
  readonly #onSlow: () => void;
  readonly #drained: (this: Socket) => void;
  readonly #closed: (this: Socket) => void;

  constructor({ onSlow, onDrained, onClose }: OutletOptions<Stream>) {
    this.#onSlow = onSlow;
    this.#drained = function drained(this: Socket) {
      const stream = (this as StreamSocket)[streamOf] as Stream | undefined;
      if (!stream || this.destroyed) return;
      const { mode } = stream;
      stream.mode = "live";
      stream.slowRounds = 0;
      onDrained?.(stream, mode);
    };
    this.#closed = function closed(this: Socket) {
      onClose((this as StreamSocket)[streamOf] as Stream);
    };
  }

  /** From now on its end is told. */
  take(stream: Stream): void {
    (stream.socket as StreamSocket)[streamOf] = stream;
    stream.socket.on("close", this.#closed);
  }

  /** @param data text of Latin letters, or bytes */
  write(stream: Stream, data: Buffer | string): void {
    this.writes++;
    this.bytes += data.length;
    if (stream.socket.write(data, "latin1") || stream.mode === "slow") return;
    stream.mode = "slow";
    this.#onSlow();
    stream.socket.once("drain", this.#drained);
  }

  /** What a stream begins with may be large, and its client is not slow for that: it goes on when it has taken it. */
  drainFirst(stream: Stream): void {
    stream.mode = "replaying";
    stream.socket.once("drain", this.#drained);
  }
}
