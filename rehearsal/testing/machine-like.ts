import type { Machine } from "../machine.ts";

/** For tests: two cores, 24 GiB and 20,000 files, except for what is given. */
export function machineLike(over: Partial<Machine> = {}): Machine {
  return {
    os: "linux 6.18.44 x64",
    cpu: "AMD EPYC",
    cores: 2,
    memoryBytes: 24 * 1024 ** 3,
    freeMemoryBytes: 23 * 1024 ** 3,
    fileLimit: 20_000,
    portRange: { from: 18_000, to: 32_768 },
    ephemeralPorts: 28_232,
    somaxconn: 4096,
    loopbackRange: true,
    cgroup: null,
    node: "24.21.0",
    ...over,
  };
}
