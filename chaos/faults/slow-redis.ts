import { legLatency } from "../leg-latency.ts";

export default legLatency({
  id: "slow-redis",
  title: "Redis answers late, for everybody",
  legs: "*.redis",
  whose: "Redis",
  latency: "200ms",
  jitter: "0ms",
  band: "Redis late by",
});
