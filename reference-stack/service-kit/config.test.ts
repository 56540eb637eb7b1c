import { expect, test } from "vitest";
import { count, readConfig, servicePorts, url } from "./config.ts";

const shape = { ...servicePorts, REDIS_URL: url("redis", "rediss"), BATCH: count(7) };

test("reads numbers, and fills in what has a default", () => {
  const token = "a token of the stack";
  const told = { PORT: "80", METRICS_PORT: "90", CONTROL_TOKEN: token, REDIS_URL: "redis://h:1" };
  expect(readConfig(shape, told)).toEqual({
    HOST: "127.0.0.1",
    PORT: 80,
    METRICS_PORT: 90,
    CONTROL_TOKEN: token,
    REDIS_URL: "redis://h:1",
    BATCH: 7,
  });
});

test("names every variable that is wrong, at once", () => {
  expect(() => readConfig(shape, { PORT: "eighty", REDIS_URL: "http://h", BATCH: "0" })).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      exitCode: 64,
      message: expect.stringMatching(
        /PORT="eighty": .*METRICS_PORT is not set; CONTROL_TOKEN is not set; REDIS_URL="http:\/\/h": expected a URL that begins with redis:\/\/ or rediss:\/\/; BATCH="0": /,
      ),
    }),
  );
});

test("a secret that is wrong is not told", () => {
  const told = {
    ...{ PORT: "80", METRICS_PORT: "90", CONTROL_TOKEN: "hidden" },
    REDIS_URL: "http://:hidden@h:1",
  };
  expect(() => readConfig(shape, told)).toThrow(/CONTROL_TOKEN: .*; REDIS_URL="http:\/\/…@h:1": /);
  expect(() => readConfig(shape, told)).not.toThrow(/hidden/);
});
