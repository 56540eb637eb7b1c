import { expect, test } from "vitest";
import { figuresOfInfo } from "./figures.ts";
import { replicationLag } from "./postgres-source.ts";

test("INFO is read by the names of fields, whatever else there is", () => {
  const info = [
    "# Clients",
    "connected_clients:4",
    "",
    "# Memory",
    "used_memory:1064040",
    "used_memory_human:1.01M",
    "maxmemory_policy:noeviction",
    "total_commands_processed:442",
    "evicted_keys:0",
    "",
  ].join("\r\n");
  expect(figuresOfInfo(info)).toEqual({
    connected_clients: 4,
    used_memory_bytes: 1_064_040,
    commands_total: 442,
    evicted_keys_total: 0,
  });
  expect(figuresOfInfo("")).toEqual({});
});

test("a replica that has everything has no lag, however long ago the last transaction was", () => {
  expect(replicationLag(5000, { wal_bytes: 5000, replayed_seconds: 900 })).toEqual({
    replication_lag_bytes: 0,
    replication_lag_seconds: 0,
  });
  expect(replicationLag(5000, { wal_bytes: 5100, replayed_seconds: 900 })).toMatchObject({
    replication_lag_bytes: 0,
  });
  expect(replicationLag(5000, { wal_bytes: 4000, replayed_seconds: 2.5 })).toEqual({
    replication_lag_bytes: 1000,
    replication_lag_seconds: 2.5,
  });
});
