import { MatchdayError } from "../../common/errors.ts";
import type { AddressBook, Topology } from "../topology.ts";
import { choosePorts } from "./choose-ports.ts";

const host = "127.0.0.1";

/** Gives every port of every part, and every leg, a port on loopback. */
export async function localAddresses({ parts, legs }: Topology, basePort?: number): Promise<AddressBook> {
  const names = [
    ...parts.flatMap(({ name, ports }) => Object.keys(ports).map((port) => `${name} ${port}`)),
    ...legs.map(({ name }) => `leg ${name}`),
  ];
  const ports = await choosePorts(names.length, basePort);
  const portOf = new Map(names.map((name, index) => [name, ports[index]!]));
  const endpoint = (name: string) => {
    const port = portOf.get(name);
    if (port === undefined)
      throw new MatchdayError("ADDRESS_UNKNOWN", `the stack has no ${name}`, {
        hint: "this is a defect of matchday; please report it",
      });
    return { host, port };
  };
  return {
    part: (name, port) => endpoint(`${name} ${port}`),
    leg: (name) => endpoint(`leg ${name}`),
  };
}
