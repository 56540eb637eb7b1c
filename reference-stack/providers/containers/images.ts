/** The one place that names the images a stack runs on, pinned by tag. */
import type { ServerName } from "../../topology.ts";

type ImageName = Exclude<ServerName, "postgres-replica"> | "node" | "ryuk";

interface Image {
  /** What is run unless told otherwise. */
  pinned: string;
  /** The environment variable that names another image: a mirror, another version. */
  variable: string;
}

export const images = {
  postgres: { pinned: "postgres:17", variable: "MATCHDAY_IMAGE_POSTGRES" },
  redis: { pinned: "redis:7", variable: "MATCHDAY_IMAGE_REDIS" },
  toxiproxy: { pinned: "ghcr.io/shopify/toxiproxy:2.12.0", variable: "MATCHDAY_IMAGE_TOXIPROXY" },
  prometheus: { pinned: "prom/prometheus:v3.8.1", variable: "MATCHDAY_IMAGE_PROMETHEUS" },
  grafana: { pinned: "grafana/grafana:10.0.0", variable: "MATCHDAY_IMAGE_GRAFANA" },
  jaeger: { pinned: "jaegertracing/jaeger:2.13.0", variable: "MATCHDAY_IMAGE_JAEGER" },
  /** What the services' own image is built on: `ARG NODE_IMAGE` of the Dockerfile. */
  node: { pinned: "node:24-bookworm-slim", variable: "MATCHDAY_IMAGE_NODE" },
  /** What Testcontainers 12.2 cleans up with; both the name and the variable are its own. */
  ryuk: { pinned: "testcontainers/ryuk:0.14.0", variable: "RYUK_CONTAINER_IMAGE" },
} as const satisfies Record<ImageName, Image>;

/** @param env where the variables are looked up; an empty one counts as not set */
export function imageOf(name: ImageName, env: NodeJS.ProcessEnv = process.env): string {
  const { pinned, variable } = images[name];
  return env[variable] || pinned;
}

export const imageOfServer = (server: ServerName, env?: NodeJS.ProcessEnv) =>
  imageOf(server === "postgres-replica" ? "postgres" : server, env);

/** The variable that replaces an image: what to say where one cannot be had. */
export function variableOfImage(image: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const names = Object.keys(images) as ImageName[];
  const name = names.find((candidate) => imageOf(candidate, env) === image);
  return name && images[name].variable;
}

/** All that a stack cannot stand without. */
export const stackImages = (env: NodeJS.ProcessEnv = process.env): string[] =>
  (Object.keys(images) as ImageName[])
    .filter((name) => name !== "ryuk" || env.TESTCONTAINERS_RYUK_DISABLED !== "true")
    .map((name) => imageOf(name, env));
