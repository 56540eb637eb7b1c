import { legOutage } from "../leg-outage.ts";

export default legOutage({
  id: "redis-down",
  title: "Redis is away: its connections are refused, or swallow everything (mode: black-hole)",
  legs: "*.redis",
  whose: "Redis",
});
