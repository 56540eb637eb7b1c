import { createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { freePorts, portRange } from "./ports.ts";

async function listening(port: number, host: string): Promise<AsyncDisposable> {
  const server: Server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

test.each([
  [32_768, { from: 18_000, to: 32_768 }],
  [49_152, { from: 18_000, to: 32_768 }],
  [20_000, { from: 18_000, to: 20_000 }],
  // Widened to the bottom: no room below it.
  [1024, { from: 18_000, to: 32_768 }],
])("where outgoing connections begin at %d, servers listen in %j", (firstEphemeral, range) => {
  expect(portRange(firstEphemeral)).toEqual(range);
});

test("free ports are free, ascending, and within the range", async () => {
  const { from, to } = portRange();
  const ports = await freePorts(5);
  expect(ports).toEqual([...new Set(ports)].sort((a, b) => a - b));
  expect(ports).toHaveLength(5);
  for (const port of ports) expect(port).toSatisfy((each: number) => each >= from && each < to);
});

test.each(["127.0.0.1", "0.0.0.0", "::"])(
  "a port that is taken on %s is passed by, and refused as a base",
  async (host) => {
    // High, and by pid: other tests look for ports at the lower end at the same time.
    const base = 25_000 + (process.pid % 5000);
    await using _server = await listening(base + 1, host);
    await expect(freePorts(3, base)).rejects.toMatchObject({
      code: "PORT_TAKEN",
      message: `port ${base + 1} is in use by another process`,
      hint: expect.stringContaining("--base-port (3 ports are needed)"),
      exitCode: 64,
    });
    expect(await freePorts(1, base)).toEqual([base]);
  },
);

test("more ports than there are is an error", async () => {
  await expect(freePorts(10, 65_530)).rejects.toMatchObject({ code: "PORT_INVALID", exitCode: 64 });
});
