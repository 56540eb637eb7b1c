import type { ReadText } from "./cgroup.ts";

/**
 * The table in which Linux keeps every connection of this machine once a firewall rule asks for their state, as those of
 * a Docker engine do. It is of one size; when it is full, new connections are dropped without a word (nf_conntrack).
 */
export interface ConnectionTable {
  max: number;
  /** Those that were closed within the last two minutes included. */
  used: number;
}

/** @returns undefined where connections are not tracked */
export function connectionTable(read: ReadText): ConnectionTable | undefined {
  const [max, used] = ["max", "count"].map((name) =>
    Number(read(`/proc/sys/net/netfilter/nf_conntrack_${name}`)),
  );
  // A module that nobody uses is loaded on many a machine: then nothing is ever counted.
  return max && used ? { max, used } : undefined;
}
