import { hostname } from "node:os";
import { stateDir } from "../../../common/paths.ts";
import { identityOf, isRunning, type ProcessIdentity } from "../../../common/process-identity.ts";
import type { SystemName } from "../../../common/systems.ts";

/** On every container and network of a stack: who it belongs to, so that whoever comes next can tell. */
export const labels = {
  stack: "dev.matchday.stack",
  part: "dev.matchday.part",
  owner: "dev.matchday.owner",
  kept: "dev.matchday.kept",
  /** Where its state is recorded: two checkouts on one engine do not use each other's stacks. */
  home: "dev.matchday.home",
  about: "dev.matchday.about",
  /** On images. */
  image: "dev.matchday.image",
} as const;

/** A process, and the machine that it is one of: an engine may serve several. */
export interface Owner extends ProcessIdentity {
  host: string;
}

/** What another process needs, to use a stack that stands. */
export interface StackAbout {
  design: string;
  system: SystemName;
  edges: number;
  /** `edge-1 http` → the port that it is published on. */
  ports: Record<string, number>;
  serviceImage: string;
}

export const thisProcess = (): Owner => ({ ...identityOf(process.pid), host: hostname() });

/** On another machine nobody can tell. */
export const isGone = (owner: Owner) => owner.host === hostname() && !isRunning(owner);

export function stackLabels(
  id: string,
  { owner, kept, about }: { owner: Owner; kept: boolean; about: StackAbout },
): Record<string, string> {
  return {
    [labels.stack]: id,
    [labels.owner]: JSON.stringify(owner),
    [labels.kept]: String(kept),
    [labels.home]: stateDir,
    [labels.about]: JSON.stringify(about),
  };
}

/** Undefined for what is not of a stack. */
export function readLabels(
  found: Record<string, string> | null | undefined,
): { id: string; part: string | undefined; owner: Owner; kept: boolean; about: StackAbout } | undefined {
  const id = found?.[labels.stack];
  if (id === undefined) return undefined;
  return {
    id,
    part: found?.[labels.part],
    owner: JSON.parse(found?.[labels.owner] ?? "{}"),
    kept: found?.[labels.kept] === "true",
    about: JSON.parse(found?.[labels.about] ?? "{}"),
  };
}
