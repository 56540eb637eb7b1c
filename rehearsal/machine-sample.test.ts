import { expect, test } from "vitest";
import { MachineSampler } from "./machine-sample.ts";

const netstat = (overflows: number) =>
  `TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 ${overflows} 7\nIpExt: InNoRoutes\nIpExt: 0\n`;

test("tells what came since the time before", () => {
  let overflows = 1200;
  const sampler = new MachineSampler((path) =>
    path === "/proc/net/netstat" ? netstat(overflows) : undefined,
  );
  expect(sampler.sample()).toEqual({ cpuBusy: expect.any(Number), memoryUsedBytes: expect.any(Number) });
  overflows += 35;
  expect(sampler.sample()).toMatchObject({ listenOverflows: 35 });
  expect(sampler.sample()).not.toHaveProperty("listenOverflows");
});

test("tells of the table of connections while there is one", () => {
  const files = { nf_conntrack_max: "1000", nf_conntrack_count: "10" } as Record<string, string>;
  const sampler = new MachineSampler((path) => files[path.split("/").at(-1)!]);
  expect(sampler.sample()).toMatchObject({ connectionTable: { max: 1000, used: 10 } });
  delete files.nf_conntrack_max;
  expect(sampler.sample()).not.toHaveProperty("connectionTable");
});
