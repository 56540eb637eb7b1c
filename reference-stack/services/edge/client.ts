import type { Socket } from "node:net";
import type { MatchChannel } from "./channel.ts";

/**
 * `replaying`: gets its missed events, joined when it has them. `live`: gets every event. `slow`: has more queued than
 * it takes; nothing is added until that has drained.
 */
export type ClientMode = "replaying" | "live" | "slow";

/** One open stream. There are many thousands: a few small fields, no closures, no timers. */
export interface Client {
  readonly socket: Socket;
  readonly channel: MatchChannel;
  /** `?client=` or `X-Client-Id`. */
  readonly id: number | undefined;
  /** The last event that was written to it, or that its snapshot held. */
  seq: number;
  mode: ClientMode;
  /** Heartbeat rounds that it has been slow for. */
  slowRounds: number;
  /** Its place in the audience. */
  place: number;
}

const clientOf = Symbol("client");

type ClientSocket = Socket & { [clientOf]?: Client };

export function bind(socket: Socket, client: Client): void {
  (socket as ClientSocket)[clientOf] = client;
}

export function boundTo(socket: Socket): Client | undefined {
  return (socket as ClientSocket)[clientOf];
}
