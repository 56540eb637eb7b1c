/**
 * The one description of the reference stack: its parts, what each needs and how it is asked whether it is ready, and
 * the legs between them. A provider reads it and decides only *where* a part runs.
 */

import type { DefectId } from "../common/presale.ts";
import type { PartKind } from "../common/records.ts";
import type { SystemName } from "../common/systems.ts";
import type { Leg } from "./handle.ts";
import type { PostgresRole, StackSecrets } from "./secrets.ts";

export interface Endpoint {
  host: string;
  port: number;
}

/** What a provider has decided: where each port of a part is reached, and where each leg is entered. */
export interface AddressBook {
  part(name: string, port: string): Endpoint;
  leg(name: string): Endpoint;
}

/** What a part finds around it. */
export interface Surroundings {
  addresses: AddressBook;
  secrets: StackSecrets;
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
  env(surroundings: Surroundings): Record<string, string>;
  /** Parts that it talks to; it may start before them, and is ready after them. */
  needs: string[];
  ready: Readiness;
  /** Takes orders from anybody who reaches it: in containers it is reached from the stack's own network alone. */
  closed?: true;
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

/** What every service is told: its own ports, whose orders it takes, and who takes its spans. */
function serviceEnv(
  name: string,
  { addresses, secrets }: Surroundings,
  traced: boolean,
): Record<string, string> {
  const [open, metrics] = [addresses.part(name, "http"), addresses.part(name, "metrics")];
  return {
    HOST: open.host,
    PORT: String(open.port),
    METRICS_PORT: String(metrics.port),
    CONTROL_TOKEN: secrets.control,
    ...(traced ? { OTLP_URL: http(addresses.part("jaeger", "otlp")) } : {}),
  };
}

const redisUrl = ({ host, port }: Endpoint, { redis }: StackSecrets) => `redis://:${redis}@${host}:${port}`;
export const postgresUrl = ({ host, port }: Endpoint, role: PostgresRole, { postgres }: StackSecrets) =>
  `postgres://${role}:${postgres(role)}@${host}:${port}/${postgresDatabase}`;

const dependencies: Part[] = [
  {
    name: "toxiproxy",
    kind: "dependency",
    program: { server: "toxiproxy" },
    ports: { api: 8474 },
    closed: true,
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
  env: ({ addresses, secrets }): Record<string, string> => {
    const { host, port } = addresses.leg("postgres-replica.postgres");
    return {
      PRIMARY_HOST: host,
      PRIMARY_PORT: String(port),
      PRIMARY_PASSWORD: secrets.postgres("replication"),
    };
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
  env?(surroundings: Surroundings): Record<string, string>;
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
  env: (surroundings) => ({ ...serviceEnv(name, surroundings, traced), ...env?.(surroundings) }),
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
    env: ({ addresses, secrets }) => ({
      VENDOR_URL: http(addresses.leg("scores.vendor")),
      REDIS_URL: redisUrl(addresses.leg("scores.redis"), secrets),
      POSTGRES_URL: postgresUrl(addresses.leg("scores.postgres"), "scores", secrets),
    }),
  });

// What a write makes dies at once: a nursery that holds a whole sweep, and no threads beside that clean it while a
// dozen edges share the cores (200,000 fans on 2 cores: a goal's p99 fell from 2.2 s to 1.5-1.9 s).
const edgeFlags = ["--max-semi-space-size=16", "--single-threaded-gc"];

/** What some services of a system are told alike. */
type Shared = (secrets: StackSecrets) => Record<string, string>;
const none: Shared = () => ({});

/** What holds the streams of clients: fans, or buyers who wait. */
const edge = (name: string, service: "edge" | "waiting-room", traced: boolean, shared: Shared = none) =>
  servicePart({
    name,
    service,
    kind: "edge",
    nodeFlags: edgeFlags,
    traced,
    needs: ["redis", "toxiproxy"],
    env: ({ addresses, secrets }) => ({
      ...shared(secrets),
      EDGE_NAME: name,
      REDIS_URL: redisUrl(addresses.leg(`${name}.redis`), secrets),
    }),
  });

const admission = (traced: boolean, shared: Shared) =>
  servicePart({
    name: "admission",
    service: "admission",
    traced,
    needs: ["redis", "toxiproxy"],
    env: ({ addresses, secrets }) => ({
      ...shared(secrets),
      REDIS_URL: redisUrl(addresses.leg("admission.redis"), secrets),
    }),
  });

const boxOffice = (name: string, traced: boolean, shared: Shared) =>
  servicePart({
    name,
    service: "box-office",
    traced,
    needs: ["redis", "postgres", "postgres-replica", "payments", "toxiproxy"],
    env: ({ addresses, secrets }) => ({
      ...shared(secrets),
      NAME: name,
      REDIS_URL: redisUrl(addresses.leg(`${name}.redis`), secrets),
      POSTGRES_URL: postgresUrl(addresses.leg(`${name}.postgres`), "box_office", secrets),
      REPLICA_URL: postgresUrl(addresses.leg(`${name}.replica`), "box_office", secrets),
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
    env: ({ addresses, secrets }) => ({
      REDIS_URL: redisUrl(addresses.part("redis", "redis"), secrets),
      POSTGRES_URL: postgresUrl(addresses.part("postgres", "postgres"), "observer", secrets),
      REPLICA_URL: postgresUrl(addresses.part("postgres-replica", "postgres"), "observer", secrets),
      TOXIPROXY_URL: http(addresses.part("toxiproxy", "api")),
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

function boxOfficeOf(edges: string[], traced: boolean, { defect }: TopologyOptions): Topology {
  const shared: Shared = ({ tickets }) => ({
    TICKET_SECRET: tickets,
    ...(defect === undefined ? {} : { DEFECT: defect }),
  });
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
