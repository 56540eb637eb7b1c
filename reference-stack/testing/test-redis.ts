import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lease } from "../../common/lease.ts";
import type { ManagedProcess } from "../../common/managed-process.ts";
import { until } from "../../common/until.ts";
import { newRedisClient, type RedisClient } from "../service-kit/redis-link.ts";
import { testTools } from "./stack.ts";
import { testPorts } from "./test-ports.ts";

export interface TestRedis extends AsyncDisposable {
  url: string;
  client: RedisClient;
  /** Another connection; it ends with the rest. */
  connect(): Promise<RedisClient>;
  process: ManagedProcess;
  lease: Lease;
  folder: string;
}

/** A Redis of its own, empty, without persistence. */
export async function startTestRedis(): Promise<TestRedis> {
  const tools = testTools();
  if (!tools) throw new Error("run npm run setup first: these tests need Redis");
  const lease = Lease.take(`test-redis-${randomBytes(5).toString("hex")}`);
  try {
    const folder = lease.folder(mkdtempSync(join(tmpdir(), "matchday-redis-")));
    const [port] = await testPorts(1);
    const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder];
    const process = await lease.start({
      name: "redis",
      command: tools.redisServer,
      args: [...args, "--save", "", "--appendonly", "no"],
      logFile: join(folder, "redis.log"),
    });
    const url = `redis://127.0.0.1:${port}`;
    const clients: RedisClient[] = [];
    const connect = async () => {
      const attempt = newRedisClient(url);
      attempt.on("error", () => {});
      await attempt.connect();
      clients.push(attempt);
      return attempt;
    };
    const client = await until(connect, { withinMs: 10_000, orElse: "Redis does not answer" });
    return {
      url,
      client,
      connect,
      process,
      lease,
      folder,
      async [Symbol.asyncDispose]() {
        for (const opened of clients) opened.destroy();
        await lease.release();
      },
    };
  } catch (error) {
    await lease.release();
    throw error;
  }
}
