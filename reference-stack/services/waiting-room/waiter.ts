import type { OpenStream } from "../../edge-kit/outlet.ts";
import type { Room } from "./room.ts";

/** Those for whom the same kind of talk is meant; for the heartbeat. */
export interface Group {
  spokeAtMs: number;
}

/** One open stream of a waiting room. */
export interface Waiter extends OpenStream {
  readonly room: Room;
  readonly buyer: string;
  ordinal: number;
  channel: Group;
  /** Another stream of the same buyer, that was here before. */
  twin: Waiter | undefined;
}
