import type { Cli } from "./cli.ts";

/** What an engine has of stacks that a test has begun: nothing, when all is well. */
export async function leftInEngine(cli: Cli): Promise<string[]> {
  const { stdout } = await cli.docker("ps", "--all", "--format", '{{.Label "dev.matchday.home"}} {{.Names}}');
  return stdout.split("\n").filter((line) => line.startsWith(`${cli.stateDir} `));
}
