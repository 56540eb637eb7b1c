import { once } from "node:events";
import { connect } from "node:net";
import pg from "pg";
import type { StackSecrets } from "../secrets.ts";
import { type Endpoint, postgresUrl, type Readiness } from "../topology.ts";

const answerWithinMs = 1000;

/** Asks a part once. Throws, or returns false, while it is not ready. */
export async function isReady(readiness: Readiness, at: Endpoint, secrets: StackSecrets): Promise<boolean> {
  switch (readiness.probe) {
    case "http":
      return httpReady(readiness, at);
    case "redis":
      return redisReady(at, secrets);
    case "postgres":
      return postgresReady(at, secrets);
  }
}

async function httpReady({ path, field }: { path: string; field?: string }, { host, port }: Endpoint) {
  const response = await fetch(`http://${host}:${port}${path}`, {
    signal: AbortSignal.timeout(answerWithinMs),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  if (field === undefined) return true;
  const body = JSON.parse(text) as Record<string, unknown>;
  if (body[field] !== true) throw new Error(`it said ${text}`);
  return true;
}

async function redisReady({ host, port }: Endpoint, { redis }: StackSecrets): Promise<boolean> {
  const socket = connect({ host, port });
  const signal = AbortSignal.timeout(answerWithinMs);
  try {
    await once(socket, "connect", { signal });
    socket.setEncoding("latin1").write(`AUTH ${redis}\r\nPING\r\n`);
    let answer = "";
    while (answer.split("\r\n").length < 3) {
      const [more] = await once(socket, "data", { signal });
      answer += more;
    }
    return answer.startsWith("+OK\r\n+PONG");
  } finally {
    socket.destroy();
  }
}

async function postgresReady(at: Endpoint, secrets: StackSecrets): Promise<boolean> {
  const client = new pg.Client({
    connectionString: postgresUrl(at, "observer", secrets),
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  });
  // A server that is starting up may cut the connection after it was refused.
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("SELECT 1");
    return true;
  } finally {
    await client.end();
  }
}
