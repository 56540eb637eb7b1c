import { Command } from "commander";
import { ExitCode, MatchdayError } from "../../common/errors.ts";
import { visible } from "../../common/visible.ts";
import { exportDashboards } from "../../dashboards/export.ts";
import { pushDashboards } from "../../dashboards/grafana/push.ts";
import type { Finish } from "../finish.ts";

interface PushFlags {
  grafana: string;
  tokenEnv: string;
  folder: string;
}

export function dashboardsCommand(finish: Finish): Command {
  const dashboards = new Command("dashboards").description(
    "the Grafana dashboards and Prometheus alert rules: push, export",
  );
  dashboards
    .command("push")
    .description("put the dashboards into a Grafana of yours, in place of older ones")
    .requiredOption("--grafana <url>", "the root address of Grafana, 10 or newer")
    .requiredOption("--token-env <name>", "the environment variable that holds a service account's token")
    .option("--folder <name>", "the folder they go into; made where there is none", "Matchday")
    .addHelpText(
      "after",
      "\nExample:\n  GRAFANA_TOKEN=… matchday dashboards push --grafana https://grafana.example --token-env GRAFANA_TOKEN",
    )
    .action(async ({ grafana, tokenEnv, folder }: PushFlags) => {
      const token = tokenIn(tokenEnv);
      for (const { title, url } of await pushDashboards({ url: checkedUrl(grafana), token, folder })) {
        process.stdout.write(`${visible(`✓ ${title}: ${url}`)}\n`);
      }
      finish(ExitCode.pass);
    });
  dashboards
    .command("export")
    .description("write the dashboards as JSON, for provisioning or import")
    .requiredOption("--out <folder>", "where to; made where it is missing")
    .option("--rules", "the alert rules for Prometheus too", false)
    .action(async (options: { out: string; rules: boolean }) => {
      for (const path of exportDashboards(options)) process.stdout.write(`${visible(path)}\n`);
      finish(ExitCode.pass);
    });
  return dashboards;
}

function tokenIn(name: string): string {
  const token = process.env[name]?.trim();
  // Told here: the error of a header would quote it.
  if (token && /^[\x21-\x7e]+$/.test(token)) return token;
  if (token)
    throw new MatchdayError("GRAFANA_TOKEN_INVALID", `what ${name} holds is no token`, {
      hint: "a token is one word, such as glsa_…",
      exitCode: ExitCode.usage,
    });
  // Who gives the token itself finds it in no error of ours: it would be in the logs then.
  const told =
    /^\w{1,64}$/.test(name) && !name.startsWith("glsa_") ? `the variable ${name}` : "that variable";
  throw new MatchdayError("GRAFANA_TOKEN_MISSING", `${told} is empty or not set`, {
    hint: "give --token-env the name of an environment variable that holds the token, not the token itself",
    exitCode: ExitCode.usage,
  });
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password)
    return `${url.origin}${url.pathname}`;
  throw new MatchdayError(
    "GRAFANA_URL_INVALID",
    "--grafana is not an address such as https://grafana.example",
    {
      hint: "give http:// or https://, a host, and no user or password",
      exitCode: ExitCode.usage,
    },
  );
}
