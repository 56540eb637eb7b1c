import type { Provision } from "./provision.ts";

const configFile = "/etc/matchday/toxiproxy.json";

/** All legs are there from its start on, after a kill too; `/metrics` is on the port of its API. */
export const toxiproxy: Provision = ({ addresses, topology }, part) => ({
  command: [
    "-host=0.0.0.0",
    `-port=${part.ports.api}`,
    `-config=${configFile}`,
    "-proxy-metrics",
    "-runtime-metrics",
  ],
  env: { LOG_LEVEL: "warn" },
  files: [
    {
      path: configFile,
      content: JSON.stringify(
        topology.legs.map(({ name, to, port }) => {
          const upstream = addresses.part(to, port);
          return {
            name,
            listen: `0.0.0.0:${addresses.leg(name).port}`,
            upstream: `${upstream.host}:${upstream.port}`,
            enabled: true,
          };
        }),
        undefined,
        2,
      ),
    },
  ],
});
