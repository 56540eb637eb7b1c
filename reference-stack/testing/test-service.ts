import { join } from "node:path";
import type { Lease } from "../../common/lease.ts";
import type { ManagedProcess } from "../../common/managed-process.ts";
import { freePorts } from "../../common/ports.ts";
import { until } from "../../common/until.ts";

export interface TestService {
  url: string;
  adminUrl: string;
  process: ManagedProcess;
}

interface ServiceStart {
  /** Unique in its lease. */
  name: string;
  /** The file in `services/`, without its ending. */
  service: string;
  env: Record<string, string>;
}

/** A service as a process of its own, ready. It ends with the lease. */
export async function startTestService(
  { lease, folder }: { lease: Lease; folder: string },
  { name, service, env }: ServiceStart,
): Promise<TestService> {
  const [port, adminPort] = await freePorts(2);
  const process_ = await lease.start({
    name,
    command: process.execPath,
    args: [join(import.meta.dirname, "..", "services", `${service}.ts`)],
    env: { PORT: String(port), METRICS_PORT: String(adminPort), TRACE_SHARE: "0", ...env },
    logFile: join(folder, `${name}.log`),
  });
  const url = `http://127.0.0.1:${port}`;
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const ready = async () => {
    const health = (await (await fetch(`${adminUrl}/healthz`)).json()) as { ready: boolean };
    return health.ready;
  };
  await until(ready, { withinMs: 15_000, orElse: `${name} is not ready; see ${folder}/${name}.log` });
  return { url, adminUrl, process: process_ };
}
