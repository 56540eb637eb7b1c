/** The text of a file, or undefined when it cannot be read; passed in, so that tests need no kernel of that kind. */
export type ReadText = (path: string) => string | undefined;

export interface CgroupLimits {
  version: "v1" | "v2" | null;
  /** Absent: not limited. */
  memoryBytes?: number;
  /** Used of it, without file caches, which the kernel gives up on demand. */
  usedBytes: number;
  /** CPU quota in cores, possibly a fraction; absent: not limited. */
  cores?: number;
}

/** Kernels write "no limit" in v1 as the largest number of pages: some 2^63. */
const unlimitedBytes = 2 ** 60;

const mount = "/sys/fs/cgroup";

/**
 * The limits that container engines and systemd set on this process, and on the groups around it: the tightest holds.
 * Inside a container the path that /proc tells is often that of the host, and the group's files stand in the root of
 * the mount; the walk towards the root finds them there.
 */
export function cgroupLimits(read: ReadText): CgroupLimits {
  const lines = (read("/proc/self/cgroup") ?? "").split("\n").filter(Boolean);
  const pathOf = (controller: string) =>
    lines.map((line) => line.split(":")).find(([, names]) => names?.split(",").includes(controller));
  const memory = pathOf("memory");
  const cpu = pathOf("cpu");
  if (memory ?? cpu) return versionOne(read, memory?.[2] ?? "/", cpu?.[2] ?? "/");
  const unified = lines.find((line) => line.startsWith("0::"))?.slice(3);
  return unified === undefined ? { version: null, usedBytes: 0 } : versionTwo(read, unified);
}

function versionOne(read: ReadText, memoryPath: string, cpuPath: string): CgroupLimits {
  const memory = tightest(
    ancestors(`${mount}/memory`, memoryPath).map((dir) => ({
      limit: bytes(read(`${dir}/memory.limit_in_bytes`)),
      used:
        (bytes(read(`${dir}/memory.usage_in_bytes`)) ?? 0) -
        inactive(read(`${dir}/memory.stat`), "total_inactive_file"),
    })),
  );
  const quotas = ["cpu", "cpu,cpuacct"].flatMap((controller) =>
    ancestors(`${mount}/${controller}`, cpuPath).map((dir) =>
      quota(read(`${dir}/cpu.cfs_quota_us`), read(`${dir}/cpu.cfs_period_us`)),
    ),
  );
  return limits("v1", memory, quotas);
}

function versionTwo(read: ReadText, path: string): CgroupLimits {
  const dirs = ancestors(mount, path);
  const memory = tightest(
    dirs.map((dir) => ({
      limit: bytes(read(`${dir}/memory.max`)),
      used:
        (bytes(read(`${dir}/memory.current`)) ?? 0) - inactive(read(`${dir}/memory.stat`), "inactive_file"),
    })),
  );
  const quotas = dirs.map((dir) => {
    const [most, period] = (read(`${dir}/cpu.max`) ?? "").trim().split(" ");
    return quota(most, period);
  });
  return limits("v2", memory, quotas);
}

function limits(
  version: "v1" | "v2",
  memory: { limit: number; used: number } | undefined,
  quotas: (number | undefined)[],
): CgroupLimits {
  const cores = Math.min(...quotas.filter((cores) => cores !== undefined));
  return {
    version: memory !== undefined || Number.isFinite(cores) ? version : null,
    ...(memory === undefined ? {} : { memoryBytes: memory.limit }),
    usedBytes: Math.max(0, memory?.used ?? 0),
    ...(Number.isFinite(cores) ? { cores } : {}),
  };
}

/** The group's folder and those around it, up to the mount. */
function ancestors(root: string, path: string): string[] {
  const parts = path.split("/").filter(Boolean);
  return Array.from({ length: parts.length + 1 }, (_, left) =>
    [root, ...parts.slice(0, parts.length - left)].join("/"),
  );
}

/** The limit with the least room under it. */
function tightest(
  groups: { limit: number | undefined; used: number }[],
): { limit: number; used: number } | undefined {
  return groups
    .filter((group): group is { limit: number; used: number } => group.limit !== undefined)
    .sort((a, b) => a.limit - a.used - (b.limit - b.used))[0];
}

function bytes(text: string | undefined): number | undefined {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isFinite(value) && value < unlimitedBytes ? value : undefined;
}

function inactive(stat: string | undefined, field: string): number {
  return Number(new RegExp(`^${field} (\\d+)$`, "m").exec(stat ?? "")?.[1] ?? 0);
}

function quota(most: string | undefined, period: string | undefined): number | undefined {
  const cores = Number(most?.trim() || Number.NaN) / Number(period?.trim() || Number.NaN);
  // v1 says -1 and v2 "max" where there is none.
  return Number.isFinite(cores) && cores > 0 ? cores : undefined;
}
