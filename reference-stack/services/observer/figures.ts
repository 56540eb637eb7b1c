/** What is observed of Redis and PostgreSQL, by the name of its metric: `matchday_redis_connected_clients`. */
export const redisFigures = {
  connected_clients: "Connections to Redis",
  pubsub_clients: "Connections that have subscribed",
  used_memory_bytes: "Memory that Redis has taken for data and buffers",
  client_buffers_bytes: "Memory of its connections: what waits for clients that read slowly",
  ops_per_second: "Commands a second, as Redis samples itself",
  commands_total: "Commands processed",
  net_input_bytes_total: "Bytes read from connections",
  net_output_bytes_total: "Bytes written to connections",
  evicted_keys_total: "Keys given up for want of memory",
  rejected_connections_total: "Connections refused since there were too many",
  stream_entries: "Events in all Redis Streams",
} as const;

export const postgresFigures = {
  backends: "Connections to the database",
  waiting_backends: "Connections that wait for a lock",
  commits_total: "Transactions committed",
  rollbacks_total: "Transactions rolled back",
  blocks_hit_total: "Blocks found in shared buffers",
  blocks_read_total: "Blocks read from outside of shared buffers",
  tuples_inserted_total: "Rows inserted",
  dead_tuples: "Rows that wait for a vacuum, by estimate",
  database_bytes: "Size of the database",
  replica_up: "1 while the replica answers; while it does not, its lag is not known",
  replication_lag_bytes: "WAL that the primary has written and the replica has not replayed",
  replication_lag_seconds:
    "Age of the last transaction that the replica has replayed, while it is behind; else 0",
} as const;

export type RedisFigure = keyof typeof redisFigures;
export type PostgresFigure = keyof typeof postgresFigures;

/** Reads the fields of `INFO` that are watched; a field that this Redis does not have is absent. */
export function figuresOfInfo(info: string): Partial<Record<RedisFigure, number>> {
  const fields = new Map(
    info.split("\r\n").flatMap((line) => {
      const colon = line.indexOf(":");
      return colon > 0 ? [[line.slice(0, colon), Number(line.slice(colon + 1))] as const] : [];
    }),
  );
  const named: [RedisFigure, string][] = [
    ["connected_clients", "connected_clients"],
    ["used_memory_bytes", "used_memory"],
    ["client_buffers_bytes", "mem_clients_normal"],
    ["ops_per_second", "instantaneous_ops_per_sec"],
    ["commands_total", "total_commands_processed"],
    ["net_input_bytes_total", "total_net_input_bytes"],
    ["net_output_bytes_total", "total_net_output_bytes"],
    ["evicted_keys_total", "evicted_keys"],
    ["rejected_connections_total", "rejected_connections"],
  ];
  return Object.fromEntries(
    named.flatMap(([figure, field]) => {
      const value = fields.get(field);
      return value === undefined || Number.isNaN(value) ? [] : [[figure, value]];
    }),
  );
}
