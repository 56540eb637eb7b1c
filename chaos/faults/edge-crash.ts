import { edgeFault } from "../edge-fault.ts";

export default edgeFault({
  id: "edge-crash",
  title: "An edge dies at once (kill -9) with all its connections, and is started again at the end",
  band: "edge down",
  undo: "restart-part",
  inject: (edge, stack) => stack.kill(edge),
});
