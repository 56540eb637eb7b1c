import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { askEngine, engineWord, isAt, isOurs } from "./engine.ts";

const answer = (fields: object) => Object.assign(new Error("(HTTP code 500) server error"), fields);

test("a lost connection is an engine that is gone", async () => {
  const lost = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  await expect(askEngine("kill redis", () => Promise.reject(lost))).rejects.toMatchObject({
    code: "ENGINE_GONE",
    exitCode: 70,
  });
});

test("an answer that is a refusal is told in the engine's words", async () => {
  const refused = answer({ statusCode: 500, json: { message: "no space left on device" } });
  await expect(askEngine("kill redis", () => Promise.reject(refused))).rejects.toMatchObject({
    code: "ENGINE_REFUSED",
    message: "kill redis: no space left on device",
  });
  expect(engineWord(refused)).toBe("no space left on device");
});

test("an engine that does not answer is no reason to wait for good", async () => {
  await expect(askEngine("kill redis", () => new Promise(() => {}), 5)).rejects.toMatchObject({
    code: "ENGINE_REFUSED",
    message: "kill redis: no answer within 5 ms",
  });
});

test.each([
  [{ socketPath: "/var/run/docker.sock" }, "unix:///var/run/docker.sock", true],
  [{ socketPath: "/var/run/docker.sock" }, "unix:///run/user/1000/docker.sock", false],
  [{ socketPath: "/var/run/docker.sock" }, "tcp://10.0.0.7:2376", false],
  [{ host: "10.0.0.7", port: "2376" }, "tcp://10.0.0.7:2376", true],
  [{ host: "10.0.0.7", port: 2375 }, "tcp://10.0.0.7:2376", false],
])("a client of %o is at %s: %s", (modem, asked, expected) => {
  expect(isAt(modem, asked)).toBe(expected);
});

const ownAddresses = Object.values(networkInterfaces()).flatMap((addresses = []) =>
  addresses.filter(({ scopeid }) => !scopeid).map(({ address }) => [address, true] as const),
);

test.each([
  ...ownAddresses,
  ["localhost", true] as const,
  ["127.0.1.1", true] as const,
  ["[::1]", true] as const,
  // RFC 5737 and RFC 3849: nobody's.
  ["203.0.113.7", false] as const,
  ["2001:db8::7", false] as const,
  ["docker", false] as const,
])("the host %s is this one: %s", async (host, expected) => {
  expect(await isOurs(host)).toBe(expected);
});
