/** A process of its own that starts a stack in containers, says so with a line, and waits to be killed. */
import { startContainerStack } from "../providers/containers/containers.ts";
import { dashboardsDir } from "./container-stack.ts";

const [id, keep] = process.argv.slice(2);
const stack = await startContainerStack({
  id: id!,
  edges: 1,
  design: "sse-redis",
  dashboardsDir,
  keep: keep === "--keep",
  startupTimeoutMs: 120_000,
});
console.log(stack.id);
setInterval(() => {}, 1000);
