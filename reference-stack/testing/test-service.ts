import { join } from "node:path";
import type { Lease } from "../../common/lease.ts";
import type { ManagedProcess } from "../../common/managed-process.ts";
import { until } from "../../common/until.ts";
import { testPorts } from "./test-ports.ts";
import { testSecrets } from "./test-secrets.ts";

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
  /** What its `/healthz` says when the test may begin; `ready`, unless told. */
  begins?(health: Record<string, unknown>): boolean;
}

/** A service as a process of its own, ready. It ends with the lease. */
export async function startTestService(
  { lease, folder }: { lease: Lease; folder: string },
  { name, service, env, begins = ({ ready }) => ready === true }: ServiceStart,
): Promise<TestService> {
  const [port, adminPort] = await testPorts(2);
  const process_ = await lease.start({
    name,
    command: process.execPath,
    args: [join(import.meta.dirname, "..", "services", `${service}.ts`)],
    env: {
      PORT: String(port),
      METRICS_PORT: String(adminPort),
      TRACE_SHARE: "0",
      CONTROL_TOKEN: testSecrets.control,
      ...env,
    },
    logFile: join(folder, `${name}.log`),
  });
  const url = `http://127.0.0.1:${port}`;
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const ready = async () => {
    const health = await (await fetch(`${adminUrl}/healthz`)).json();
    return begins(health as Record<string, unknown>);
  };
  await until(ready, { withinMs: 15_000, orElse: `${name} is not ready; see ${folder}/${name}.log` });
  return { url, adminUrl, process: process_ };
}
