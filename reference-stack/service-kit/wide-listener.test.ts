import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { until } from "../../common/until.ts";
import { WideListener } from "./wide-listener.ts";

const open: { close(): unknown }[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const each of open.splice(0)) each.close();
});

/** A server with its further sockets; `took` holds what they accepted. */
async function wideServer(
  port = 0,
): Promise<{ server: Server; wide: WideListener; port: number; took: Socket[] }> {
  const took: Socket[] = [];
  const accept = (socket: Socket) => {
    took.push(socket);
    sockets.push(socket.on("error", () => {}));
  };
  const server = createServer(accept);
  const wide = new WideListener({}, accept);
  open.push(server, wide);
  let bound = port;
  await wide.listen({ port, host: "127.0.0.1", backlog: 4096 }, async (options) => {
    server.listen(options);
    await once(server, "listening");
    bound = (server.address() as AddressInfo).port;
    return bound;
  });
  return { server, wide, port: bound, took };
}

const call = async (port: number) => {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
};

test.runIf(process.platform === "linux")(
  "takes several connections in at one turn of the event loop",
  async () => {
    const { port, took } = await wideServer();
    // All stand in the kernel before the loop comes round: nothing awaits here but the callers' own connects.
    const callers = Array.from({ length: 200 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    sockets.push(...callers);
    await Promise.all(callers.map((socket) => once(socket, "connect")));
    let turns = 0;
    for (; took.length < 200; turns++) await new Promise(setImmediate);
    expect(turns).toBeLessThan(100);
  },
);

test("takes nothing in once it is closed, and leaves what is in", async () => {
  const { server, wide, port, took } = await wideServer();
  const caller = await call(port);
  await until(() => took.length === 1, { withinMs: 2000, orElse: "nothing came in" });
  server.close();
  wide.close();
  open.length = 0;
  await expect(call(port)).rejects.toThrow(/ECONNREFUSED/);
  took[0]!.write("still here");
  expect(String((await once(caller, "data"))[0])).toBe("still here");
});

test("shares its port with no other process's listener of the same kind", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, "close");
  await wideServer(port);
  await expect(wideServer(port)).rejects.toThrow(/EADDRINUSE/);
});
