import { legOutage } from "../leg-outage.ts";

// Who reads from the standby has a leg of another name, `*.replica`; the standby's own leg to the primary is cut with the rest.
export default legOutage({
  id: "postgres-primary-down",
  title: "The primary of PostgreSQL is away for all who write, and for the standby, from which reads go on",
  legs: "*.postgres",
  whose: "PostgreSQL primary",
});
