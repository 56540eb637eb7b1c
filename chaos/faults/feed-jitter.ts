import { legLatency } from "../leg-latency.ts";

export default legLatency({
  id: "feed-jitter",
  title: "The data vendor's feed comes late, and unevenly",
  legs: "scores.vendor",
  whose: "vendor",
  latency: "300ms",
  jitter: "200ms",
  band: "Feed late by",
});
