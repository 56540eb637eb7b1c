import type { Provision } from "./provision.ts";

/** No persistence: what Redis loses, `scores` fills again from PostgreSQL. */
export const redis: Provision = () => ({
  command: ["redis-server", "--save", "", "--appendonly", "no"],
  // The image would make a volume of it.
  tmpfs: ["/data"],
});
