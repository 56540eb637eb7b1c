/** A process of its own that starts a stack in containers, says what becomes of it, and stops it on SIGTERM. */
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
stack.onPartDown((part, how) => console.log(`${part} down: ${how}`));
process.on("SIGTERM", async () => {
  await stack.stop().then(
    () => console.log("stopped"),
    ({ code, message }) => console.log(`not stopped: ${code} ${message}`),
  );
  process.exit();
});
console.log(`up: ${stack.id}`);
setInterval(() => {}, 1000);
