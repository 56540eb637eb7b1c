import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { Histogram, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "../../common/match-day.ts";
import { MatchChannel } from "../services/edge/channel.ts";
import { type Client, Delivery } from "./delivery.ts";
import { FanOut } from "./fan-out.ts";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A socket that takes everything, until it is told to be full. */
class FakeSocket extends EventEmitter {
  written = "";
  full = false;
  destroyed = false;
  write(bytes: Buffer) {
    this.written += bytes;
    return !this.full;
  }
  cork() {}
  uncork() {}
  drain() {
    this.full = false;
    this.emit("drain");
  }
  get ids() {
    return [...this.written.matchAll(/id: (\d+)\nevent: (\w+)/g)].map(([, id, event]) =>
      event === "snapshot" ? `snapshot ${id}` : Number(id),
    );
  }
}

function edgeOf({ batch = 2, windowEvents = 100 } = {}) {
  const registers = [new Registry()];
  const delivery = new Delivery(() => {});
  const histogram = (name: string) => new Histogram({ name, help: "-", registers });
  const fanOut = new FanOut(delivery, batch, { turns: histogram("turns"), sweeps: histogram("sweeps") });
  const channel = new MatchChannel("match:a", Buffer.from("HEAD "), windowEvents);
  return {
    delivery,
    channel,
    publish(to?: number) {
      const event: StreamEvent = {
        v: 1,
        stream: "match:a",
        seq: channel.seq + 1,
        class: "odds",
        sourceAtUs: 1,
        publishedAtUs: 1,
        ...(to === undefined ? {} : { to }),
        event: { type: "ODDS", home: 2, draw: 3, away: 4 },
      };
      channel.apply(event, JSON.stringify(event));
      fanOut.wake(channel);
    },
    join(id?: number) {
      const socket = new FakeSocket();
      const client: Client = {
        socket: socket as unknown as Socket,
        channel,
        id,
        seq: channel.seq,
        mode: "live",
        slowRounds: 0,
        place: -1,
      };
      delivery.take(client);
      channel.audience.add(client);
      return { socket, client };
    },
  };
}

describe("fan-out", () => {
  test("writes the first sockets at once, the rest turn by turn", async () => {
    const { publish, join } = edgeOf({ batch: 2 });
    const clients = Array.from({ length: 5 }, () => join());
    publish();
    expect(clients.map(({ socket }) => socket.ids.length)).toEqual([1, 1, 0, 0, 0]);
    await nextTurn();
    expect(clients.map(({ socket }) => socket.ids.length)).toEqual([1, 1, 1, 1, 0]);
    await nextTurn();
    expect(clients.map(({ socket }) => socket.ids.length)).toEqual([1, 1, 1, 1, 1]);
  });

  test("events that come during a sweep follow in order, and whoever joins gets none twice", async () => {
    const { publish, join } = edgeOf({ batch: 1 });
    const clients = Array.from({ length: 4 }, () => join());
    publish();
    publish();
    publish();
    const newcomer = join();
    publish();
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    for (const { socket } of clients) expect(socket.ids).toEqual([1, 2, 3, 4]);
    expect(newcomer.socket.ids).toEqual([4]);
  });

  test("an event for one client takes a number, and reaches nobody else", async () => {
    const { publish, join } = edgeOf();
    const [seven, other] = [join(7), join()];
    publish();
    publish(7);
    publish();
    for (let turn = 0; turn < 9; turn++) await nextTurn();
    expect(seven.socket.ids).toEqual([1, 2, 3]);
    expect(other.socket.ids).toEqual([1, 3]);
    expect(other.client.seq).toBe(3);
  });

  test("a slow client gets nothing until it has drained, then the newest state, then what follows", async () => {
    const { publish, join } = edgeOf();
    const [slow, fast] = [join(), join()];
    slow.socket.full = true;
    for (let event = 0; event < 5; event++) {
      publish();
      await nextTurn();
    }
    expect(slow.client.mode).toBe("slow");
    expect(slow.socket.ids).toEqual([1]);
    expect(fast.socket.ids).toEqual([1, 2, 3, 4, 5]);
    slow.socket.drain();
    publish();
    await nextTurn();
    expect(slow.socket.ids).toEqual([1, "snapshot 5", 6]);
    expect(fast.socket.ids).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a client that drains before anything new gets no snapshot", async () => {
    const { publish, join } = edgeOf();
    const { socket } = join();
    socket.full = true;
    publish();
    socket.drain();
    publish();
    await nextTurn();
    expect(socket.ids).toEqual([1, 2]);
  });

  test("a large replay is no slowness: what came meanwhile follows exactly", async () => {
    const { publish, join, delivery, channel } = edgeOf();
    for (let event = 0; event < 3; event++) publish();
    const { socket, client } = join();
    socket.full = true;
    delivery.open(client, channel.window.bytesAfter(0, undefined));
    publish();
    publish();
    await nextTurn();
    expect(socket.ids).toEqual([1, 2, 3]);
    socket.drain();
    expect(socket.ids).toEqual([1, 2, 3, 4, 5]);
    expect(socket.written.startsWith("HEAD ")).toBe(true);
  });

  test("a client that is further behind than the window gets the newest state", async () => {
    const { publish, join, delivery } = edgeOf({ windowEvents: 2 });
    publish();
    const { socket, client } = join();
    client.mode = "replaying";
    for (let event = 0; event < 20; event++) publish();
    client.mode = "live";
    expect(delivery.deliver(client, 21, 20, undefined)).toBe(true);
    expect(socket.ids).toEqual(["snapshot 21"]);
  });
});
