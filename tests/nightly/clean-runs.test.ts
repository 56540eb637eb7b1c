import { expect, test } from "vitest";
import { Cli } from "../e2e/cli.ts";

const runs = 50;
/** Small rehearsals mostly wait; more at once would be short of CPU. */
const atOnce = 2;

test(`${runs} runs in which nothing breaks: no false alarm`, { timeout: 3_600_000, retry: 0 }, async () => {
  const alarms: string[] = [];
  const seeds = Array.from({ length: runs }, (_, index) => index + 1);
  const rehearse = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      await using cli = new Cli();
      const small = ["--clients", "100", "--duration", "32s", "--chaos", "none", "--seed", String(seed)];
      const { exitCode, stdout, stderr } = await cli.run(cli.rehearsal(...small, "--json"));
      if (exitCode !== 0)
        alarms.push(`seed ${seed}: ${stdout === "" ? stderr : JSON.parse(stdout).sentence}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, rehearse));
  expect(alarms).toEqual([]);
});
