import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../common/paths.ts";
import { type ContainerStackOptions, startContainerStack } from "../providers/containers/containers.ts";
import type { ContainersStack } from "../providers/containers/containers-stack.ts";
import { type Engine, findEngine } from "../providers/containers/engine.ts";
import { labels } from "../providers/containers/labels.ts";
import { ToxiproxyApi } from "../toxiproxy.ts";

export const dashboardsDir = join(projectRoot, "dashboards", "generated");

export interface TestContainerStack extends AsyncDisposable {
  stack: ContainersStack;
  engine: Engine;
  toxiproxy: ToxiproxyApi;
  folder: string;
}

/** A stack in containers of its own for one file of tests: a start is some ten seconds of two cores. */
export async function startTestContainerStack(
  options: Partial<ContainerStackOptions> = {},
): Promise<TestContainerStack> {
  const folder = mkdtempSync(join(tmpdir(), "matchday-test-"));
  const engine = await findEngine();
  try {
    const stack = await startContainerStack({
      edges: 1,
      design: "sse-redis",
      folder,
      dashboardsDir,
      startupTimeoutMs: 120_000,
      ...options,
    });
    return {
      stack,
      engine,
      folder,
      toxiproxy: new ToxiproxyApi(stack.toxiproxyUrl),
      async [Symbol.asyncDispose]() {
        await stack.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Names of all that an engine has of a stack. */
export async function leftOf({ docker }: Engine, id: string): Promise<string[]> {
  const filters = { label: [`${labels.stack}=${id}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)];
}
