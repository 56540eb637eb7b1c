import { legOutage } from "../leg-outage.ts";

export default legOutage({
  id: "postgres-down",
  title: "PostgreSQL is away: its connections are refused, or swallow everything (mode: black-hole)",
  legs: "*.postgres",
  whose: "PostgreSQL",
});
