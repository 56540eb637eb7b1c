import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { Counter, Registry } from "prom-client";
import { expect, test } from "vitest";
import type { StreamEvent } from "../../common/match-day.ts";
import { Tracing } from "../service-kit/tracing.ts";
import { MatchChannel } from "../services/edge/channel.ts";
import { Delivery } from "./delivery.ts";
import { Streams } from "./streams.ts";

class FakeSocket extends EventEmitter {
  written = "";
  write(bytes: Buffer) {
    this.written += bytes;
    return true;
  }
  cork() {}
  uncork() {}
}

/** An edge at event 30 that has its newest few in memory; Redis is away, and its Stream holds what `stored` says. */
function edgeAt30(stored: "all" | "nothing" = "all") {
  const registers = [new Registry()];
  const counter = (name: string) => new Counter({ name, help: "-", registers });
  const resumed = new Counter({ name: "resumed", help: "-", labelNames: ["how"], registers });
  const channel = new MatchChannel("match:a", Buffer.from("HEAD "), 5);
  for (let seq = 1; seq <= 30; seq++) {
    const event: StreamEvent = {
      v: 1,
      stream: "match:a",
      seq,
      class: "odds",
      sourceAtUs: 1,
      publishedAtUs: 1,
      event: { type: "ODDS", home: 2, draw: 3, away: 4 },
    };
    channel.apply(event, JSON.stringify(event));
  }
  const frame = Buffer.from("STORED");
  const source = {
    up: false,
    catchUp: () => Promise.reject(new Error("away")),
    read: async () => (stored === "all" ? [{ seq: 30, frame, to: undefined }] : undefined),
  };
  const counters = { opened: counter("opened"), replayed: counter("replayed"), resumed };
  const streams = new Streams(new Delivery(() => {}), source, counters);
  const tracing = new Tracing("edge-1", { share: 1 });
  return {
    /** What one client's stream began with, as its span says. */
    async beginningFor(lastEventId: string | undefined, { leaves = false } = {}) {
      const socket = new FakeSocket();
      const span = tracing.request("GET", undefined);
      streams.open(socket as unknown as Socket, channel, { lastEventId, client: undefined, span });
      if (leaves) socket.emit("close");
      await new Promise((resolve) => setImmediate(resolve));
      const [record, ...more] = tracing.buffer.take();
      expect(more).toEqual([]);
      return { how: record!.attributes.beginning, written: socket.written };
    },
    async resumes() {
      const { values } = await resumed.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.how, value]));
    },
  };
}

test("a stream says what it began with, once its first bytes are written", async () => {
  const edge = edgeAt30();
  const begun = async (last?: string) => (await edge.beginningFor(last)).how;
  expect(await begun()).toBe("snapshot");
  expect(await begun("29")).toBe("window");
  expect(await begun("30")).toBe("window");
  expect(await begun("2")).toBe("redis");
  expect(await begun("31")).toBe("ahead");
  expect(await begun("5000")).toBe("snapshot");
  expect(await begun("no number")).toBe("snapshot");
  expect((await edge.beginningFor("2", { leaves: true })).how).toBe("gone");
  // A client that never had anything is no resume.
  expect(await edge.resumes()).toEqual({ window: 2, redis: 1, ahead: 1, snapshot: 2, gone: 1 });
});

test("what is in no store any more is a snapshot", async () => {
  const { how, written } = await edgeAt30("nothing").beginningFor("2");
  expect(how).toBe("snapshot");
  expect(written).toMatch(/^HEAD .*event: snapshot/s);
});

test("the span of a replay lasts until what was missed is written", async () => {
  const { how, written } = await edgeAt30().beginningFor("3");
  expect([how, written]).toEqual(["redis", "HEAD STORED"]);
});
