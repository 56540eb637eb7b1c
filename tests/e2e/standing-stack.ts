import { expect } from "vitest";
import type { StandingStack } from "../../reference-stack/providers/containers/standing.ts";
import { Cli, type Finished } from "./cli.ts";
import { leftInEngine } from "./left-in-engine.ts";

/** A stack that the command line has put up in containers; at its end it is taken down, and the engine has nothing of it. */
export class StackOfCli implements AsyncDisposable {
  readonly cli: Cli;
  readonly stack: StandingStack;
  /** What `stack up` said. */
  readonly up: Finished;

  private constructor(cli: Cli, stack: StandingStack, up: Finished) {
    this.cli = cli;
    this.stack = stack;
    this.up = up;
  }

  static async up(...args: string[]): Promise<StackOfCli> {
    const cli = new Cli();
    const up = await cli.run(["stack", "up", ...args]);
    expect(up.exitCode, up.stderr).toBe(0);
    const [stack] = JSON.parse((await cli.run(["stack", "status", "--json"])).stdout);
    return new StackOfCli(cli, stack, up);
  }

  consoleOf(name: string) {
    return this.stack.consoles.find((each) => each.name === name)!;
  }

  async [Symbol.asyncDispose]() {
    const down = await this.cli.run(["stack", "down"]);
    expect(down.stdout).toContain("is gone");
    expect(await leftInEngine(this.cli)).toEqual([]);
    await this.cli[Symbol.asyncDispose]();
  }
}
