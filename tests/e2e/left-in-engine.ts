import type { Cli } from "./cli.ts";

/** What an engine has of stacks that a test has begun: nothing, when all is well. */
export async function leftInEngine(cli: Cli): Promise<string[]> {
  const home = '{{.Label "dev.matchday.home"}}';
  const lists = await Promise.all([
    cli.docker("ps", "--all", "--format", `${home} {{.Names}}`),
    cli.docker("network", "ls", "--format", `${home} {{.Name}}`),
  ]);
  return lists
    .flatMap(({ stdout }) => stdout.split("\n"))
    .filter((line) => line.startsWith(`${cli.stateDir} `));
}
