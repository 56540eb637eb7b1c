import { legLatency } from "../leg-latency.ts";

export default legLatency({
  id: "payment-slow",
  title: "The payment provider answers late, in the middle of the checkout",
  legs: "*.payments",
  whose: "Payment provider",
  latency: "8s",
  jitter: "0ms",
  band: "Payments late by",
});
