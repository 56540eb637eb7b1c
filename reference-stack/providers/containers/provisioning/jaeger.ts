import { stringify } from "yaml";
import type { Provision } from "./provision.ts";

const configFile = "/etc/matchday/jaeger.yaml";

/** OTLP over HTTP in, the last traces in memory, its page and API out. */
export const jaeger: Provision = (_, part) => ({
  command: [`--config=${configFile}`],
  files: [
    {
      path: configFile,
      content: stringify({
        service: {
          extensions: ["jaeger_storage", "jaeger_query"],
          pipelines: { traces: { receivers: ["otlp"], exporters: ["jaeger_storage_exporter"] } },
          telemetry: { metrics: { level: "none" }, logs: { level: "warn" } },
        },
        extensions: {
          jaeger_query: {
            storage: { traces: "memory" },
            http: { endpoint: `0.0.0.0:${part.ports.query}` },
          },
          // A trace of an event has some ten spans of about 1 kB.
          jaeger_storage: { backends: { memory: { memory: { max_traces: 20_000 } } } },
        },
        receivers: { otlp: { protocols: { http: { endpoint: `0.0.0.0:${part.ports.otlp}` } } } },
        exporters: { jaeger_storage_exporter: { trace_storage: "memory" } },
      }),
    },
  ],
});
