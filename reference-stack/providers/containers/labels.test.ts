import { hostname } from "node:os";
import { expect, test } from "vitest";
import { isGone, labels, readLabels, stackLabels, thisProcess } from "./labels.ts";

const about = {
  system: "live-scores" as const,
  design: "sse-redis",
  edges: 2,
  ports: { "edge-1 http": 18_000 },
  serviceImage: "services:1",
};

test("what is written on a container is read back", () => {
  const owner = thisProcess();
  const written = { ...stackLabels("one", { owner, kept: true, about }), [labels.part]: "edge-1" };
  expect(readLabels(written)).toEqual({ id: "one", part: "edge-1", owner, kept: true, about });
});

test("a container of others has nothing to read", () => {
  expect(readLabels({ "com.docker.compose.project": "theirs" })).toBeUndefined();
  expect(readLabels(null)).toBeUndefined();
});

test("an owner is gone when no process of its start time runs here", () => {
  expect(isGone(thisProcess())).toBe(false);
  expect(isGone({ ...thisProcess(), startTime: "long ago" })).toBe(true);
});

test("of an owner on another machine nobody says that it is gone", () => {
  expect(isGone({ pid: 1, startTime: "long ago", host: `not-${hostname()}` })).toBe(false);
});
