import { edgeFault } from "../edge-fault.ts";

export default edgeFault({
  id: "edge-pause",
  title: "An edge stands still (SIGSTOP): its connections stay open and nothing comes from them",
  band: "edge frozen",
  undo: "unpause-part",
  inject: (edge, stack) => stack.pause(edge),
});
