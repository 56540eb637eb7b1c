import { expect, test } from "vitest";
import { chunk, frame, heartbeatFrame, streamHead } from "./frames.ts";

test("a chunk says its length in bytes, in hexadecimal", () => {
  expect(chunk("a".repeat(255)).toString()).toBe(`ff\r\n${"a".repeat(255)}\r\n`);
  expect(chunk("Müller €").toString()).toBe("b\r\nMüller €\r\n");
});

test("an event is one frame with id, event and data", () => {
  expect(frame({ id: 7, event: "goal", data: '{"seq":7}' }).toString()).toBe(
    '23\r\nid: 7\nevent: goal\ndata: {"seq":7}\n\n\r\n',
  );
});

test("a heartbeat is a comment", () => {
  expect(heartbeatFrame.toString()).toBe("3\r\n:\n\n\r\n");
});

test("the head says event stream; retry only where it is configured", () => {
  expect(streamHead("edge-1").toString()).toMatch(
    /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\n/,
  );
  expect(streamHead("edge-1").toString()).toMatch(/\r\n\r\n$/);
  expect(streamHead("edge-1", 1500).toString()).toMatch(/\r\n\r\nd\r\nretry: 1500\n\n\r\n$/);
});
