import { rolesSql } from "../../../postgres-roles.ts";
import { postgresDatabase, postgresUser } from "../../../topology.ts";
import type { Provision } from "./provision.ts";

export const hbaFile = "/etc/matchday/pg_hba.conf";

const rolesFile = "/docker-entrypoint-initdb.d/roles.sql";

/** By password, from private networks: the stack's own, this machine through the published port, a job beside an engine of its own. */
export const hba = `local all all scram-sha-256
${["samenet", "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
  .flatMap((from) => [
    `host all all ${from} scram-sha-256`,
    `host replication replication ${from} scram-sha-256`,
  ])
  .join("\n")}
`;

/** What primary and replica are both told: a standby must not allow fewer connections than its primary. */
const settings = {
  hba_file: hbaFile,
  max_connections: "50",
  shared_buffers: "16MB",
  // The data goes with the container: only a power cut would find what was not written.
  fsync: "off",
  // What a replica that was cut off for some minutes still finds.
  wal_keep_size: "128MB",
};

export const settingFlags = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);

/**
 * The data stands in the container itself, so that it outlives a kill and goes when the container goes; the image's own
 * place for it would be a volume of its own, which is covered so that none is made.
 */
export const dataHome = {
  env: { PGDATA: "/var/lib/postgresql/matchday" },
  tmpfs: ["/var/lib/postgresql/data"],
};

export const postgres: Provision = ({ secrets }) => ({
  command: ["postgres", ...settingFlags],
  env: {
    ...dataHome.env,
    POSTGRES_USER: postgresUser,
    POSTGRES_DB: postgresDatabase,
    POSTGRES_PASSWORD: secrets.postgres("matchday"),
    // As the local stack's; small segments make the replica's copy small.
    POSTGRES_INITDB_ARGS: "--encoding=UTF8 --locale=C --no-sync --wal-segsize=1",
  },
  files: [
    { path: hbaFile, content: hba },
    {
      path: rolesFile,
      content: rolesSql(secrets)
        .map((statement) => `${statement};\n`)
        .join(""),
    },
  ],
  tmpfs: dataHome.tmpfs,
});
