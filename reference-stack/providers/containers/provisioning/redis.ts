import type { Provision } from "./provision.ts";

const configFile = "/etc/matchday/redis.conf";

/** No persistence: what Redis loses, `scores` fills again from PostgreSQL. */
export const redis: Provision = ({ secrets }) => ({
  command: ["redis-server", configFile, "--save", "", "--appendonly", "no"],
  // For a `redis-cli` in the container, such as its health check.
  env: { REDISCLI_AUTH: secrets.redis },
  files: [{ path: configFile, content: `requirepass ${secrets.redis}\n` }],
  // The image would make a volume of it.
  tmpfs: ["/data"],
});
