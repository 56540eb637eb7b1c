import type { StackSecrets } from "../../../secrets.ts";
import type { AddressBook, Part, Topology } from "../../../topology.ts";
import type { ContainerSpec } from "../spec.ts";

export interface ContainerPlace {
  /** As parts see each other: `insideAddresses`. */
  addresses: AddressBook;
  secrets: StackSecrets;
  /** What the Dockerfile makes. */
  serviceImage: string;
  /** Dashboards (`*.json`) and rules (`rules.yaml`); the folder may be empty or missing. */
  dashboardsDir: string;
  topology: Topology;
}

/** What a server of others' needs over its image, to do its work in our stack. */
export type Provision = (
  place: ContainerPlace,
  part: Part,
) => Partial<Pick<ContainerSpec, "entrypoint" | "command" | "env" | "user" | "files" | "tmpfs">>;
