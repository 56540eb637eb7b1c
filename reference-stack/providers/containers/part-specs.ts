import type { Part, ServerName } from "../../topology.ts";
import { imageOfServer } from "./images.ts";
import { publishedPortsOf } from "./outside-addresses.ts";
import { grafana } from "./provisioning/grafana.ts";
import { jaeger } from "./provisioning/jaeger.ts";
import { postgres } from "./provisioning/postgres.ts";
import { prometheus } from "./provisioning/prometheus.ts";
import type { ContainerPlace, Provision } from "./provisioning/provision.ts";
import { redis } from "./provisioning/redis.ts";
import { replica } from "./provisioning/replica.ts";
import { toxiproxy } from "./provisioning/toxiproxy.ts";
import type { ContainerSpec } from "./spec.ts";

const provisions: Record<ServerName, Provision> = {
  postgres,
  "postgres-replica": replica,
  redis,
  toxiproxy,
  prometheus,
  grafana,
  jaeger,
};

/** How a part runs as a container. */
export function containerSpecOf(part: Part, place: ContainerPlace): ContainerSpec {
  const common = {
    name: part.name,
    ports: publishedPortsOf(part),
    files: [],
    tmpfs: [],
    ...(part.stopSignal === undefined ? {} : { stopSignal: part.stopSignal }),
  };
  const env = part.env(place);
  if ("service" in part.program) {
    const { service, nodeFlags = [] } = part.program;
    return {
      ...common,
      image: place.serviceImage,
      command: [...nodeFlags, `reference-stack/services/${service}.ts`],
      // A container has its network to itself: its health is asked on loopback, its work comes from outside.
      env: { ...env, HOST: "0.0.0.0" },
    };
  }
  const { server } = part.program;
  const provision = provisions[server](place, part);
  return { ...common, image: imageOfServer(server), ...provision, env: { ...env, ...provision.env } };
}
