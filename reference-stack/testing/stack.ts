import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lease } from "../../common/lease.ts";
import type { OddsFeed } from "../../common/match-day.ts";
import { toolsFile, toxiproxyPath } from "../../common/paths.ts";
import type { SystemName } from "../../common/systems.ts";
import { startLocalStack } from "../providers/local.ts";
import type { LocalTools } from "../providers/local-commands.ts";
import type { LocalStack } from "../providers/local-stack.ts";
import { ToxiproxyApi } from "../toxiproxy.ts";

/** What set-up has found and built; `undefined` when it has not run. */
export function testTools(): LocalTools | undefined {
  if (!existsSync(toolsFile) || !existsSync(toxiproxyPath)) return undefined;
  const { postgresBin, redisServer } = JSON.parse(readFileSync(toolsFile, "utf8"));
  return { postgresBin, redisServer, toxiproxy: toxiproxyPath };
}

export interface TestStack extends AsyncDisposable {
  stack: LocalStack;
  lease: Lease;
  toxiproxy: ToxiproxyApi;
  folder: string;
}

export async function startTestStack(edges = 2, system: SystemName = "live-scores"): Promise<TestStack> {
  const lease = Lease.take(`test-${randomBytes(5).toString("hex")}`);
  const folder = lease.folder(mkdtempSync(join(tmpdir(), "matchday-test-")));
  try {
    const tools = testTools();
    if (!tools) throw new Error("run npm run setup first: these tests need PostgreSQL, Redis and Toxiproxy");
    const stack = await startLocalStack({
      lease,
      edges,
      system,
      design: "sse-redis",
      folder,
      tools,
      startupTimeoutMs: 20_000,
    });
    return {
      stack,
      lease,
      folder,
      toxiproxy: new ToxiproxyApi(stack.toxiproxyUrl),
      async [Symbol.asyncDispose]() {
        await stack.stop();
        await lease.release();
      },
    };
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** Odds on `match:final`, one every `everyMs`, `count` of them. */
export function ticks(count: number, everyMs: number, stream = "match:final"): OddsFeed {
  return { stream, everyMs, fromMs: 0, toMs: count * everyMs, seed: 7 };
}
