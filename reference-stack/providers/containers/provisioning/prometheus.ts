import { stringify } from "yaml";
import { rulesIn } from "./dashboard-files.ts";
import type { Provision } from "./provision.ts";

const configFile = "/etc/matchday/prometheus.yaml";
const rulesFile = "/etc/matchday/rules.yaml";

export const prometheus: Provision = ({ addresses, secrets, topology, dashboardsDir }) => {
  const target = (part: string, port: string) => {
    const endpoint = addresses.part(part, port);
    return { targets: [`${endpoint.host}:${endpoint.port}`], labels: { part } };
  };
  const services = topology.parts.filter(
    ({ program, kind }) => "service" in program && kind !== "observability",
  );
  const job = (job_name: string, static_configs: unknown[]) => ({
    job_name,
    // `part` is on most series already, and the observer speaks of other parts than itself.
    honor_labels: true,
    static_configs,
  });
  const observer = addresses.part("observer", "http");
  const observed = `${observer.host}:${observer.port}`;
  const rules = rulesIn(dashboardsDir);
  const config = {
    // Faults last seconds, and so do the windows of the dashboards.
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    ...(rules === undefined ? {} : { rule_files: [rulesFile] }),
    scrape_configs: [
      job(
        "services",
        services.map(({ name }) => target(name, "metrics")),
      ),
      job("observer", [target("observer", "metrics")]),
      // What the conductor told the observer: the same numbers as the verdict's.
      {
        ...job("harness", [{ targets: [observed] }]),
        metrics_path: "/v1/exposition",
        authorization: { credentials: secrets.control },
      },
      job("toxiproxy", [target("toxiproxy", "api")]),
    ],
  };
  return {
    command: [
      `--config.file=${configFile}`,
      "--storage.tsdb.path=/tmp/prometheus",
      "--storage.tsdb.retention.time=12h",
      "--storage.tsdb.retention.size=512MB",
    ],
    files: [
      { path: configFile, content: stringify(config) },
      ...(rules === undefined ? [] : [{ path: rulesFile, content: rules }]),
    ],
    // Its own place would be a volume, and is root's alone once it is memory; `/tmp` is anybody's.
    tmpfs: ["/tmp", "/prometheus"],
  };
};
