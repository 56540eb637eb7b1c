import { MatchdayError } from "../../../common/errors.ts";
import type { AddressBook, Topology } from "../../topology.ts";

/** Toxiproxy listens for the legs from here on; its API is on 8474. */
const firstLegPort = 21_000;

const hint = "this is a defect of matchday; please report it";

/** Addresses in the stack's own network: a part is reached by its name, a leg is entered at Toxiproxy. */
export function insideAddresses({ parts, legs }: Topology): AddressBook {
  return {
    part(name, port) {
      const number = parts.find((part) => part.name === name)?.ports[port];
      if (number === undefined) {
        throw new MatchdayError("ADDRESS_UNKNOWN", `the stack has no port ${port} of ${name}`, { hint });
      }
      return { host: name, port: number };
    },
    leg(name) {
      const index = legs.findIndex((leg) => leg.name === name);
      if (index === -1) throw new MatchdayError("ADDRESS_UNKNOWN", `the stack has no leg ${name}`, { hint });
      return { host: "toxiproxy", port: firstLegPort + index };
    },
  };
}
