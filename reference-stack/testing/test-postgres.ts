import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Lease } from "../../common/lease.ts";
import type { ManagedProcess } from "../../common/managed-process.ts";
import { freePorts } from "../../common/ports.ts";
import { until } from "../../common/until.ts";
import { type DataPlace, postgresRunAs, preparePostgres } from "../providers/postgres-data.ts";
import { postgresUrl } from "../topology.ts";
import { testTools } from "./stack.ts";
import { testSecrets } from "./test-secrets.ts";

/** One PostgreSQL: it may be killed or stopped, and started again on its port. */
export interface TestPostgres {
  url: string;
  /** As the superuser. */
  adminUrl: string;
  process: ManagedProcess;
  /** After it has ended: the same data, the same port. */
  startAgain(): Promise<void>;
}

/** As the service that most of these tests are about. */
const urlOf = (port: number) => postgresUrl({ host: "127.0.0.1", port }, "box_office", testSecrets);
const adminUrlOf = (port: number) => postgresUrl({ host: "127.0.0.1", port }, "matchday", testSecrets);

/** A primary, and a standby that follows it by streaming replication. Both end with the lease. */
export async function startTestPostgres(
  lease: Lease,
): Promise<{ primary: TestPostgres; replica: TestPostgres }> {
  const [port, replicaPort] = (await freePorts(2)) as [number, number];
  const tools = testTools();
  if (!tools) throw new Error("run npm run setup first: these tests need PostgreSQL");
  const bin = tools.postgresBin;
  const runAs = postgresRunAs();
  const folder = lease.folder(mkdtempSync(join(tmpdir(), "matchday-postgres-")));
  const place = { lease, logFile: join(folder, "init.log"), bin, folder, runAs };
  // Its user passes through to its data.
  chmodSync(folder, 0o711);
  const primary = { host: "127.0.0.1", port, password: testSecrets.postgres("replication") };
  await preparePostgres(place, testSecrets, primary);
  const at = (name: string) => join(folder, name);
  return {
    primary: await start(lease, place, { name: "postgres", port, data: at("data") }),
    replica: await start(lease, place, {
      ...{ name: "postgres-replica", port: replicaPort, data: at("replica-data") },
    }),
  };
}

async function start(
  lease: Lease,
  { bin, folder, runAs }: DataPlace,
  { name, port, data }: { name: string; port: number; data: string },
): Promise<TestPostgres> {
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
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
      command: join(bin, "postgres"),
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
    adminUrl: adminUrlOf(port),
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
