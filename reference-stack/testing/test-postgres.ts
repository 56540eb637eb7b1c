import { randomBytes } from "node:crypto";
import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Lease } from "../../common/lease.ts";
import type { ManagedProcess } from "../../common/managed-process.ts";
import { freePorts } from "../../common/ports.ts";
import { until } from "../../common/until.ts";
import { postgresRunAs, preparePostgresData } from "../providers/postgres-data.ts";
import { postgresUser } from "../topology.ts";
import { testTools } from "./stack.ts";

/** One PostgreSQL: it may be killed or stopped, and started again on its port. */
export interface TestPostgres {
  url: string;
  process: ManagedProcess;
  /** After it has ended: the same data, the same port. */
  startAgain(): Promise<void>;
}

const urlOf = (port: number) => `postgres://${postgresUser}@127.0.0.1:${port}/postgres`;

/** A primary, and a standby that follows it by streaming replication. Both end with the lease. */
export async function startTestPostgres(
  lease: Lease,
): Promise<{ primary: TestPostgres; replica: TestPostgres }> {
  const [port, replicaPort] = (await freePorts(2)) as [number, number];
  const primary = await start(lease, "postgres", port);
  const replica = await start(lease, "postgres-replica", replicaPort, port);
  return { primary, replica };
}

/** @param follows port of the primary: it need not be copied, since both begin as copies of one template */
async function start(lease: Lease, name: string, port: number, follows?: number): Promise<TestPostgres> {
  const tools = testTools();
  if (!tools) throw new Error("run npm run setup first: these tests need PostgreSQL");
  const folder = lease.folder(mkdtempSync(join(tmpdir(), `matchday-${name}-`)));
  const runAs = postgresRunAs();
  const data = await preparePostgresData(tools.postgresBin, { folder, name: "data" }, runAs);
  if (follows !== undefined) {
    writeFileSync(join(data, "standby.signal"), "");
    appendFileSync(
      join(data, "postgresql.auto.conf"),
      `primary_conninfo = 'host=127.0.0.1 port=${follows} user=${postgresUser}'\n`,
    );
  }
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: folder,
    // The template's own: a standby must not have less than its primary ever had.
    max_connections: "100",
    shared_buffers: "16MB",
    fsync: "off",
    // For a standby that was away for a while.
    wal_keep_size: "256MB",
    wal_retrieve_retry_interval: "250ms",
    wal_receiver_timeout: "3s",
  };
  const run = async (life: string) => {
    const started = await lease.start({
      name: `${name}-${life}`,
      command: join(tools.postgresBin, "postgres"),
      args: ["-D", data, ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])],
      cwd: folder,
      logFile: join(folder, `${name}.log`),
      stopSignal: "SIGINT",
      ...runAs,
    });
    await until(() => answers(urlOf(port)), {
      withinMs: 15_000,
      orElse: () => `${name} does not answer: ${started.logTail()}`,
    });
    return started;
  };
  const running: TestPostgres = {
    url: urlOf(port),
    process: await run("1"),
    async startAgain() {
      running.process = await run(randomBytes(3).toString("hex"));
    },
  };
  return running;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000, query_timeout: 1000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}
