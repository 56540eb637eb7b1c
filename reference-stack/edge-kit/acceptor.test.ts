import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Tracing } from "../service-kit/tracing.ts";
import { MatchChannel } from "../services/edge/channel.ts";
import { matchStreams } from "../services/edge/short-way.ts";
import { Acceptor } from "./acceptor.ts";
import type { StreamRequest, Streams } from "./streams.ts";

const channel = new MatchChannel("match:final", Buffer.alloc(0), 10);
let asked: (StreamRequest & { short: boolean })[];
let acceptor: Acceptor;
const tracing = new Tracing("edge-1", { share: 0 });
let http: ReturnType<typeof createServer>;

beforeEach(async () => {
  // Only what the acceptor counts its deadline with; sockets go on in real time.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  asked = [];
  const streams = {
    open(socket: Socket, _: MatchChannel, request: StreamRequest) {
      asked.push({ ...request, short: true });
      socket.write("short");
    },
  } as unknown as Streams<MatchChannel>;
  http = createServer((request, response) => response.end(`http ${request.method} ${request.url}`));
  acceptor = new Acceptor({
    http,
    shortWay: matchStreams({
      streams,
      tracing,
      channels: new Map([["match:final", channel]]),
      synced: () => true,
    }),
    slowBytes: 65_536,
  });
  await acceptor.listen(0, "127.0.0.1");
});

afterEach(() => {
  acceptor.stopAccepting();
  acceptor.destroyAll();
  vi.useRealTimers();
});

async function connected(): Promise<Socket> {
  const { port } = acceptor.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

async function answerTo(request: string): Promise<string> {
  const socket = await connected();
  socket.write(request);
  const [data] = await once(socket, "data");
  socket.destroy();
  return String(data);
}

const line = "GET /api/match/final/events HTTP/1.1\r\n";

test("a whole request for a stream is answered the short way, with its headers however they are written", async () => {
  expect(await answerTo(`${line}Host: a\r\nLAST-EVENT-ID:  41 \r\nx-client-id:7\r\n\r\n`)).toBe("short");
  expect(
    await answerTo(`${line.replace(" HTTP", "?client=9&x=1 HTTP")}host: a\r\nX-Client-Id: 7\r\n\r\n`),
  ).toBe("short");
  expect(await answerTo(`${line}Host: a\r\n\r\n`)).toBe("short");
  expect(asked).toEqual([
    { lastEventId: "41", client: "7", short: true },
    { lastEventId: undefined, client: "9", short: true },
    { lastEventId: undefined, client: undefined, short: true },
  ]);
});

test("a sampled trace context opens a span; none, one that is not sampled and a broken one do not", async () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const sent = [
    `TraceParent:  00-${traceId}-00f067aa0ba902b7-01 \r\n`,
    `traceparent: 00-${traceId}-00f067aa0ba902b7-00\r\n`,
    `traceparent: 00-${traceId}-00f067aa0ba902b7\r\n`,
    "",
  ];
  for (const header of sent) expect(await answerTo(`${line}Host: a\r\n${header}\r\n`)).toBe("short");
  expect(asked.map(({ span }) => span?.context.traceId)).toEqual([traceId, undefined, undefined, undefined]);
});

test.each([
  ["another path", "GET /api/match/final/state HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["an unknown match", "GET /api/match/nobody/events HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["another method", "POST /api/match/final/events HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"],
  ["a request with a body", `${line}Host: a\r\nContent-Length: 2\r\n\r\n`],
  ["an upgrade", `${line}Host: a\r\nConnection: x\r\nUpgrade: y\r\n\r\n`],
])("%s goes to the HTTP server", async (_, request) => {
  expect(await answerTo(request)).toContain("HTTP/1.1 200 OK");
  expect(asked).toEqual([]);
});

// What a proxy in between may read in another way than the HTTP server.
test.each([
  ["a blank before a colon", "X-Client-Id : 7"],
  ["a blank before the colon of Host", "Host : b"],
  ["a folded header", "X-A: 1\r\n more"],
  ["a NUL", "X-A: 1\0"],
  ["a line that is no header", "nothing"],
  ["a bare line feed before a length", "X-A: a\nContent-Length: 5"],
  ["a bare carriage return before an encoding", "X-A: a\rTransfer-Encoding: chunked"],
  ["a tab before a colon", "Transfer-Encoding\t: chunked"],
  ["a letter beyond ASCII", "X-A: \u00e9"],
  ["a header twice", "X-Client-Id: 7\r\nX-Client-Id: 8"],
  ["more headers than any client sends", Array.from({ length: 65 }, (_, n) => `X-${n}: 1`).join("\r\n")],
])("a request with %s is answered in the same way, whole or in two pieces", async (_, more) => {
  const request = Buffer.from(`${line}Host: a\r\n${more}\r\n\r\n`, "latin1");
  const pieces = await connected();
  const begun = once(http, "connection");
  pieces.write(request.subarray(0, 10));
  await begun;
  pieces.write(request.subarray(10));
  const whole = await connected();
  whole.write(request);
  const answers = await Promise.all(
    [whole, pieces].map(async (socket) => String((await once(socket, "data"))[0]).split("\r\n")[0]),
  );
  expect(answers[0]).toBe(answers[1]);
  expect(answers[0]).toMatch(/^HTTP\/1\.1 (200|400)/);
  expect(asked).toEqual([]);
  for (const socket of [whole, pieces]) socket.destroy();
});

test("a connection without a whole request is closed in time; an answered one is not", async () => {
  const silent = await connected();
  const slow = await connected();
  slow.write(`${line}Host: a\r\n`);
  const stream = await connected();
  stream.write(`${line}Host: a\r\n\r\n`);
  await once(stream, "data");
  await vi.waitFor(() => expect(acceptor.connections).toBe(3));
  const closed = Promise.all([once(silent, "close"), once(slow, "close")]);
  vi.advanceTimersByTime(10_000);
  expect(acceptor.connections).toBe(3);
  vi.advanceTimersByTime(10_000);
  await closed;
  await vi.waitFor(() => expect(acceptor.connections).toBe(1));
  expect(stream.destroyed).toBe(false);
  stream.destroy();
});
