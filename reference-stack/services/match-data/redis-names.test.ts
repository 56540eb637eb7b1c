import { expect, test } from "vitest";
import { liveMessage, splitLive } from "./redis-names.ts";

test("a trace context travels behind the event, which stays as it is", () => {
  const json = JSON.stringify({ reason: "two\nlines" });
  expect(splitLive(liveMessage(json))).toEqual({ json });
  expect(splitLive(liveMessage(json, "00-a-b-01"))).toEqual({ json, traceparent: "00-a-b-01" });
});
