/**
 * The one description of the reference stack: its parts, what each needs and how it is asked whether it is ready, and
 * the legs between them. A provider reads it and decides only *where* a part runs.
 */

import type { DefectId } from "../common/presale.ts";
import type { PartKind } from "../common/records.ts";
import type { SystemName } from "../common/systems.ts";
import type { Leg } from "./handle.ts";

export interface Endpoint {
  host: string;
  port: number;
}

/** What a provider has decided: where each port of a part is reached, and where each leg is entered. */
export interface AddressBook {
  part(name: string, port: string): Endpoint;
  leg(name: string): Endpoint;
}

export type ServerName =
  | "redis"
  | "postgres"
  | "postgres-replica"
  | "toxiproxy"
  | "prometheus"
  | "grafana"
  | "jaeger";

export type ServiceName =
  | "vendor"
  | "scores"
  | "edge"
  | "waiting-room"
  | "admission"
  | "box-office"
  | "payments"
  | "observer";

export type Program = { service: ServiceName; nodeFlags?: string[] } | { server: ServerName };

/** How a part is asked; `http` wants status 200 and, where `field` is given, that this field of its JSON is true. */
export type Readiness =
  | { probe: "http"; port: string; path: string; field?: string }
  | { probe: "redis"; port: string }
  | { probe: "postgres"; port: string };

export interface Part {
  name: string;
  kind: PartKind;
  program: Program;
  /** Name of the port → the port inside a container. */
  ports: Record<string, number>;
  env(addresses: AddressBook): Record<string, string>;
  /** Parts that it talks to; it may start before them, and is ready after them. */
  needs: string[];
  ready: Readiness;
  /** SIGTERM unless told. */
  stopSignal?: NodeJS.Signals;
}

export interface TopologyLeg extends Leg {
  /** The port of `to` behind the leg. */
  port: string;
}

export interface Topology {
  parts: Part[];
  legs: TopologyLeg[];
}

export const postgresUser = "matchday";
export const postgresDatabase = "postgres";

/** `match:final` is the stream of `/api/match/final`. */
export const streamOfMatch = (match: string) => `match:${match}`;

const http = ({ host, port }: Endpoint) => `http://${host}:${port}`;

/** What every service is told: its own ports, and who takes its spans. */
function serviceEnv(name: string, addresses: AddressBook, traced: boolean): Record<string, string> {
  const [open, metrics] = [addresses.part(name, "http"), addresses.part(name, "metrics")];
  return {
    HOST: open.host,
    PORT: String(open.port),
    METRICS_PORT: String(metrics.port),
    ...(traced ? { OTLP_URL: http(addresses.part("jaeger", "otlp")) } : {}),
  };
}

const redisUrl = ({ host, port }: Endpoint) => `redis://${host}:${port}`;
const postgresUrl = ({ host, port }: Endpoint) =>
  `postgres://${postgresUser}@${host}:${port}/${postgresDatabase}`;

const dependencies: Part[] = [
  {
    name: "toxiproxy",
    kind: "dependency",
    program: { server: "toxiproxy" },
    ports: { api: 8474 },
    env: () => ({}),
    needs: [],
    ready: { probe: "http", port: "api", path: "/version" },
  },
  {
    name: "postgres",
    kind: "dependency",
    program: { server: "postgres" },
    ports: { postgres: 5432 },
    env: () => ({}),
    needs: [],
    ready: { probe: "postgres", port: "postgres" },
    // "Fast" shutdown: SIGTERM would wait for every client to leave (PostgreSQL manual, 19.5).
    stopSignal: "SIGINT",
  },
  {
    name: "redis",
    kind: "dependency",
    program: { server: "redis" },
    ports: { redis: 6379 },
    env: () => ({}),
    needs: [],
    ready: { probe: "redis", port: "redis" },
  },
];

/** A standby that follows the primary by streaming replication, through a leg as everybody else. */
const replica: Part = {
  name: "postgres-replica",
  kind: "dependency",
  program: { server: "postgres-replica" },
  ports: { postgres: 5432 },
  env: (addresses): Record<string, string> => {
    const { host, port } = addresses.leg("postgres-replica.postgres");
    return { PRIMARY_HOST: host, PRIMARY_PORT: String(port) };
  },
  needs: ["postgres", "toxiproxy"],
  ready: { probe: "postgres", port: "postgres" },
  stopSignal: "SIGINT",
};

const serviceReady: Readiness = { probe: "http", port: "metrics", path: "/healthz", field: "ready" };
const servicePorts = { http: 8080, metrics: 9090 };

interface ServiceSpec extends Pick<Part, "name"> {
  service: ServiceName;
  kind?: PartKind;
  nodeFlags?: string[];
  needs?: string[];
  /** Who takes its spans is told to it where something does. */
  traced?: boolean;
  /** Beside what every service is told. */
  env?(addresses: AddressBook): Record<string, string>;
}

/** One of our own services. */
const servicePart = ({
  name,
  service,
  kind = "service",
  nodeFlags,
  needs = [],
  traced = false,
  env,
}: ServiceSpec): Part => ({
  name,
  kind,
  program: { service, ...(nodeFlags === undefined ? {} : { nodeFlags }) },
  ports: servicePorts,
  env: (addresses) => ({ ...serviceEnv(name, addresses, traced), ...env?.(addresses) }),
  needs,
  ready: serviceReady,
});

const vendor = (traced: boolean) => servicePart({ name: "vendor", service: "vendor", traced });

const scores = (traced: boolean) =>
  servicePart({
    name: "scores",
    service: "scores",
    traced,
    needs: ["vendor", "redis", "postgres", "toxiproxy"],
    env: (addresses) => ({
      VENDOR_URL: http(addresses.leg("scores.vendor")),
      REDIS_URL: redisUrl(addresses.leg("scores.redis")),
      POSTGRES_URL: postgresUrl(addresses.leg("scores.postgres")),
    }),
  });

// What a write makes dies at once: a nursery that holds a whole sweep, and no threads beside that clean it while a
// dozen edges share the cores (200,000 fans on 2 cores: a goal's p99 fell from 2.2 s to 1.5-1.9 s).
const edgeFlags = ["--max-semi-space-size=16", "--single-threaded-gc"];

/** What holds the streams of clients: fans, or buyers who wait. */
const edge = (
  name: string,
  service: "edge" | "waiting-room",
  traced: boolean,
  shared: Record<string, string> = {},
) =>
  servicePart({
    name,
    service,
    kind: "edge",
    nodeFlags: edgeFlags,
    traced,
    needs: ["redis", "toxiproxy"],
    env: (addresses) => ({
      ...shared,
      EDGE_NAME: name,
      REDIS_URL: redisUrl(addresses.leg(`${name}.redis`)),
    }),
  });

const admission = (traced: boolean, shared: Record<string, string>) =>
  servicePart({
    name: "admission",
    service: "admission",
    traced,
    needs: ["redis", "toxiproxy"],
    env: (addresses) => ({ ...shared, REDIS_URL: redisUrl(addresses.leg("admission.redis")) }),
  });

const boxOffice = (name: string, traced: boolean, shared: Record<string, string>) =>
  servicePart({
    name,
    service: "box-office",
    traced,
    needs: ["redis", "postgres", "postgres-replica", "payments", "toxiproxy"],
    env: (addresses) => ({
      ...shared,
      NAME: name,
      REDIS_URL: redisUrl(addresses.leg(`${name}.redis`)),
      POSTGRES_URL: postgresUrl(addresses.leg(`${name}.postgres`)),
      REPLICA_URL: postgresUrl(addresses.leg(`${name}.replica`)),
      PAYMENTS_URL: http(addresses.leg(`${name}.payments`)),
    }),
  });

const payments = (traced: boolean) => servicePart({ name: "payments", service: "payments", traced });

/** What watches asks directly: a fault must not blind it. */
const watchers: Part[] = [
  servicePart({
    name: "observer",
    service: "observer",
    kind: "observability",
    env: (addresses) => ({
      REDIS_URL: redisUrl(addresses.part("redis", "redis")),
      POSTGRES_URL: postgresUrl(addresses.part("postgres", "postgres")),
      REPLICA_URL: postgresUrl(addresses.part("postgres-replica", "postgres")),
    }),
  }),
  {
    name: "jaeger",
    kind: "observability",
    program: { server: "jaeger" },
    ports: { otlp: 4318, query: 16686 },
    env: () => ({}),
    needs: [],
    ready: { probe: "http", port: "query", path: "/" },
  },
  {
    name: "prometheus",
    kind: "observability",
    program: { server: "prometheus" },
    ports: { http: 9090 },
    env: () => ({}),
    needs: [],
    ready: { probe: "http", port: "http", path: "/-/ready" },
  },
  {
    name: "grafana",
    kind: "observability",
    program: { server: "grafana" },
    ports: { http: 3000 },
    env: () => ({}),
    needs: ["prometheus", "jaeger"],
    ready: { probe: "http", port: "http", path: "/api/health" },
  },
];

/** Named by who uses it and what for: `edge-1.redis`. */
const leg = (from: string, to: string, port: string, as = to): TopologyLeg => ({
  name: `${from}.${as}`,
  from,
  to,
  port,
});

/** Where a stack runs: `local` is the least that a rehearsal needs; containers bring a replica, and what watches. */
export type ProviderName = "local" | "containers";

/** Two stateless ones, so that the loss of one shows. */
const boxOffices = ["box-office-1", "box-office-2"];

export interface TopologyOptions {
  /** `local` unless told. */
  provider?: ProviderName;
  /** `live-scores` unless told. */
  system?: SystemName;
  /** A bug that is planted on purpose. */
  defect?: DefectId;
  /** What tickets are signed with. */
  ticketSecret?: string;
}

/** The stack of the design `sse-redis`. */
export function topologyOf(edges: number, options: TopologyOptions = {}): Topology {
  const { provider = "local", system = "live-scores" } = options;
  const names = Array.from({ length: edges }, (_, index) => `edge-${index + 1}`);
  const full = provider === "containers";
  const { parts, legs } =
    system === "box-office" ? boxOfficeOf(names, full, options) : liveScoresOf(names, full);
  const replicated = full || system === "box-office";
  return {
    parts: [...dependencies, ...(replicated ? [replica] : []), ...parts, ...(full ? watchers : [])],
    legs: [...(replicated ? [leg("postgres-replica", "postgres", "postgres")] : []), ...legs],
  };
}

function liveScoresOf(edges: string[], traced: boolean): Topology {
  return {
    parts: [vendor(traced), scores(traced), ...edges.map((name) => edge(name, "edge", traced))],
    legs: [
      leg("scores", "vendor", "http"),
      leg("scores", "redis", "redis"),
      leg("scores", "postgres", "postgres"),
      ...edges.map((name) => leg(name, "redis", "redis")),
    ],
  };
}

function boxOfficeOf(
  edges: string[],
  traced: boolean,
  { defect, ticketSecret = "nobody signs with this one" }: TopologyOptions,
): Topology {
  const shared = { TICKET_SECRET: ticketSecret, ...(defect === undefined ? {} : { DEFECT: defect }) };
  return {
    parts: [
      payments(traced),
      admission(traced, shared),
      ...boxOffices.map((name) => boxOffice(name, traced, shared)),
      ...edges.map((name) => edge(name, "waiting-room", traced, shared)),
    ],
    legs: [
      leg("admission", "redis", "redis"),
      ...boxOffices.flatMap((name) => [
        leg(name, "redis", "redis"),
        leg(name, "postgres", "postgres"),
        leg(name, "postgres-replica", "postgres", "replica"),
        leg(name, "payments", "http"),
      ]),
      ...edges.map((name) => leg(name, "redis", "redis")),
    ],
  };
}

/** Names only: what a fault may act on, before anything stands. */
export function partsOf(edges: number, options: TopologyOptions = {}): { legs: string[]; parts: string[] } {
  const { parts, legs } = topologyOf(edges, options);
  return {
    legs: legs.map(({ name }) => name),
    parts: parts.filter(({ kind }) => kind !== "observability").map(({ name }) => name),
  };
}
