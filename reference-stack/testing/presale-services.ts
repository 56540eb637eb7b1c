import { join } from "node:path";
import type { ManagedProcess } from "../../common/managed-process.ts";
import { until } from "../../common/until.ts";
import { testPorts } from "./test-ports.ts";
import type { TestRedis } from "./test-redis.ts";
import { testSecrets } from "./test-secrets.ts";

export interface TestService {
  name: string;
  url: string;
  adminUrl: string;
  process: ManagedProcess;
  /** kill -9, and the same again on the same ports. */
  restart(): Promise<void>;
  /** Values of a metric of one name, by its labels' text. */
  metric(name: string): Promise<Record<string, number>>;
}

/** Starts a service as a process beside a test's Redis, whose lease ends it. */
export async function startTestService(
  redis: TestRedis,
  service: "waiting-room" | "admission",
  name: string,
  env: Record<string, string> = {},
): Promise<TestService> {
  const [port, metricsPort] = await testPorts(2);
  const adminUrl = `http://127.0.0.1:${metricsPort}`;
  const start = async () => {
    const started = await redis.lease.start({
      name,
      command: process.execPath,
      args: [join(import.meta.dirname, "..", "services", `${service}.ts`)],
      env: {
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        EDGE_NAME: name,
        REDIS_URL: redis.url,
        TICKET_SECRET: testSecrets.tickets,
        CONTROL_TOKEN: testSecrets.control,
        ...env,
      },
      logFile: join(redis.folder, `${name}.log`),
    });
    const ready = async () =>
      ((await (await fetch(`${adminUrl}/healthz`)).json()) as { ready: boolean }).ready;
    await until(() => ready().catch(() => false), {
      withinMs: 15_000,
      orElse: () => `${name} is not ready: ${started.logTail()}`,
    });
    return started;
  };
  const running: TestService = {
    name,
    url: `http://127.0.0.1:${port}`,
    adminUrl,
    process: await start(),
    async restart() {
      running.process.signal("SIGKILL");
      await running.process.exited;
      running.process = await start();
    },
    async metric(wanted) {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      const lines = text.split("\n").filter((line) => line.startsWith(`${wanted}{`));
      return Object.fromEntries(
        lines.map((line) => {
          const end = line.lastIndexOf("}");
          return [line.slice(wanted.length + 1, end), Number(line.slice(end + 2))];
        }),
      );
    },
  };
  return running;
}
