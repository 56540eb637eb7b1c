import { MatchdayError } from "../../../common/errors.ts";
import type { Endpoint, Part, Topology } from "../../topology.ts";
import { choosePorts } from "../choose-ports.ts";

const hint = "this is a defect of matchday; please report it";

/** `edge-1 http` → the port of the engine's machine that it is published on. */
export type PublishedPorts = Record<string, number>;

/** Name of the port → its number in the container, of those that are published. */
export const publishedPortsOf = ({
  ports,
  closed,
}: Pick<Part, "ports" | "closed">): Record<string, number> => (closed ? {} : ports);

/** Fixed ports: a container that is killed and started again would be given others. */
export async function choosePublishedPorts({ parts }: Topology, basePort?: number): Promise<PublishedPorts> {
  const names = parts.flatMap((part) =>
    Object.keys(publishedPortsOf(part)).map((port) => `${part.name} ${port}`),
  );
  const ports = await choosePorts(names.length, basePort);
  return Object.fromEntries(names.map((name, index) => [name, ports[index]!]));
}

/** Where this machine reaches a part's port. */
export function outsideAddress(
  host: string,
  published: PublishedPorts,
): (part: string, port: string) => Endpoint {
  return (part, port) => {
    const number = published[`${part} ${port}`];
    if (number === undefined)
      throw new MatchdayError("ADDRESS_UNKNOWN", `the stack has no port ${port} of ${part}`, { hint });
    return { host, port: number };
  };
}
