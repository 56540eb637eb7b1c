import type { Socket } from "node:net";
import type { ClientMode } from "../edge/client.ts";
import type { Room } from "./room.ts";

/** Those for whom the same kind of talk is meant; for the heartbeat. */
export interface Group {
  spokeAtMs: number;
}

/** One open stream of a waiting room. There are many thousands: a few small fields, no closures, no timers. */
export interface Waiter {
  readonly socket: Socket;
  readonly room: Room;
  readonly buyer: string;
  ordinal: number;
  mode: ClientMode;
  slowRounds: number;
  channel: Group;
  /** Another stream of the same buyer, that was here before. */
  twin: Waiter | undefined;
}

const waiterOf = Symbol("waiter");

type WaiterSocket = Socket & { [waiterOf]?: Waiter };

export function bind(waiter: Waiter): void {
  (waiter.socket as WaiterSocket)[waiterOf] = waiter;
}

export function boundTo(socket: Socket): Waiter | undefined {
  return (socket as WaiterSocket)[waiterOf];
}
