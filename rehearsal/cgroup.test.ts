import { describe, expect, test } from "vitest";
import { cgroupLimits } from "./cgroup.ts";

const reading = (files: Record<string, string>) => cgroupLimits((path) => files[path]);
const root = "/sys/fs/cgroup";

describe("cgroup limits", () => {
  test("none where there is no cgroup, as on macOS", () => {
    expect(reading({})).toEqual({ version: null, usedBytes: 0 });
  });

  test("v2: the group's own limits, without its file cache", () => {
    expect(
      reading({
        "/proc/self/cgroup": "0::/app\n",
        [`${root}/app/memory.max`]: "2147483648\n",
        [`${root}/app/memory.current`]: "1500000000\n",
        [`${root}/app/memory.stat`]: "anon 400000000\ninactive_file 1000000000\nactive_file 5\n",
        [`${root}/app/cpu.max`]: "150000 100000\n",
      }),
    ).toEqual({ version: "v2", memoryBytes: 2 ** 31, usedBytes: 500_000_000, cores: 1.5 });
  });

  test("v2: 'max' is no limit", () => {
    expect(
      reading({
        "/proc/self/cgroup": "0::/\n",
        [`${root}/memory.max`]: "max\n",
        [`${root}/cpu.max`]: "max 100000\n",
      }),
    ).toEqual({ version: null, usedBytes: 0 });
  });

  test("v2: the tightest of the groups around it holds", () => {
    const limits = reading({
      "/proc/self/cgroup": "0::/pod/app\n",
      [`${root}/pod/app/memory.max`]: "4000000000\n",
      [`${root}/pod/app/memory.current`]: "100\n",
      [`${root}/pod/memory.max`]: "3000000000\n",
      [`${root}/pod/memory.current`]: "200\n",
      [`${root}/pod/app/cpu.max`]: "400000 100000\n",
      [`${root}/pod/cpu.max`]: "200000 100000\n",
    });
    expect(limits).toEqual({ version: "v2", memoryBytes: 3e9, usedBytes: 200, cores: 2 });
  });

  test("v1: limits in the root of the mount, where /proc tells the host's path", () => {
    expect(
      reading({
        "/proc/self/cgroup": "9:name=systemd:/\n4:memory:/docker/abc\n2:cpuacct,cpu:/docker/abc\n",
        [`${root}/memory/memory.limit_in_bytes`]: "1073741824\n",
        [`${root}/memory/memory.usage_in_bytes`]: "600\n",
        [`${root}/memory/memory.stat`]: "cache 1\ntotal_inactive_file 100\n",
        [`${root}/cpu/cpu.cfs_quota_us`]: "50000\n",
        [`${root}/cpu/cpu.cfs_period_us`]: "100000\n",
      }),
    ).toEqual({ version: "v1", memoryBytes: 2 ** 30, usedBytes: 500, cores: 0.5 });
  });

  test("v1: the kernel's largest number, and -1, are no limits", () => {
    expect(
      reading({
        "/proc/self/cgroup": "4:memory:/a\n3:cpu:/a\n0::/\n",
        [`${root}/memory/a/memory.limit_in_bytes`]: "9223372036854771712\n",
        [`${root}/cpu/a/cpu.cfs_quota_us`]: "-1\n",
        [`${root}/cpu/a/cpu.cfs_period_us`]: "100000\n",
      }),
    ).toEqual({ version: null, usedBytes: 0 });
  });
});
