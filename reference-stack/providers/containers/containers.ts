import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { newToken } from "../../../common/control-server.ts";
import { MatchdayError } from "../../../common/errors.ts";
import { orAborted } from "../../../common/or-aborted.ts";
import type { DefectId } from "../../../common/presale.ts";
import type { SystemName } from "../../../common/systems.ts";
import { secretsOf } from "../../secrets.ts";
import { topologyOf } from "../../topology.ts";
import { orFullDisk } from "../full-disk.ts";
import { ContainersStack } from "./containers-stack.ts";
import { askEngine, type Engine, findEngine } from "./engine.ts";
import { Fleet } from "./fleet.ts";
import { ensureImages } from "./image-state.ts";
import { imageOf } from "./images.ts";
import { insideAddresses } from "./inside-addresses.ts";
import { labels, type Owner, stackLabels, thisProcess } from "./labels.ts";
import { removeLeftovers } from "./leftovers.ts";
import { choosePublishedPorts, outsideAddress, type PublishedPorts } from "./outside-addresses.ts";
import { containerSpecOf } from "./part-specs.ts";
import type { ContainerPlace } from "./provisioning/provision.ts";
import { serviceImage, serviceImageName, serviceImageThere } from "./service-image.ts";
import type { ContainerSpec } from "./spec.ts";
import { saveStackRecord } from "./stack-records.ts";

export interface ContainerStackOptions {
  /** Of letters, digits and dashes; one that nobody has unless told. */
  id?: string;
  /** Who it ends with, unless it is kept; this process unless told. */
  owner?: Owner;
  edges: number;
  design: string;
  /** `live-scores` unless told. */
  system?: SystemName;
  /** A bug that is planted on purpose. */
  defect?: DefectId;
  /** Of the run: logs go to `logs` in it at the end, and when it fails. */
  folder?: string;
  /** It stands until `down`, whatever becomes of this process. */
  keep?: boolean;
  /** Dashboards and alert rules for Grafana and Prometheus. */
  dashboardsDir: string;
  /** The first of the ports that are published; any free ones unless told. */
  basePort?: number;
  startupTimeoutMs?: number;
  signal?: AbortSignal;
  /** An image is being pulled or built: the first start takes its time. */
  onProgress?(text: string): void;
}

/**
 * Starts the reference stack as containers, all at once: each waits for what it needs.
 * @throws MatchdayError ENGINE_UNREACHABLE, IMAGE_UNAVAILABLE, IMAGE_BUILD_FAILED, PORT_TAKEN, PART_NOT_READY, STACK_DIED,
 * CONTAINER_REFUSED, or the signal's reason; what had been started is removed again
 */
export async function startContainerStack(options: ContainerStackOptions): Promise<ContainersStack> {
  const {
    design,
    system = "live-scores",
    edges,
    basePort,
    keep = false,
    startupTimeoutMs = 60_000,
    signal,
  } = options;
  const { id = `stack-${randomBytes(4).toString("hex")}`, owner = thisProcess() } = options;
  if (design !== "sse-redis") {
    throw new MatchdayError(
      "DESIGN_UNKNOWN",
      `the stack in containers does not know the design "${design}"`,
      {
        hint: "choose sse-redis",
      },
    );
  }
  signal?.throwIfAborted();
  const engine = await findEngine();
  await removeLeftovers(engine);
  const topology = topologyOf(edges, {
    provider: "containers",
    system,
    ...(options.defect === undefined ? {} : { defect: options.defect }),
  });
  const key = newToken();
  const secrets = secretsOf(key);
  const ports = await choosePublishedPorts(topology, basePort);
  const specs = await specsAndImages(engine, { topology, secrets }, options);
  signal?.throwIfAborted();
  // To be kept when it stands: what is killed on its way there is left over.
  saveStackRecord({ id, owner, key, kept: false });
  const fleet = await Fleet.follow(engine, id);
  const stack = new ContainersStack({
    id,
    design,
    topology,
    secrets,
    engine,
    fleet,
    addressOf: outsideAddress(engine.host, ports),
    startupTimeoutMs,
    logs: options.folder === undefined ? undefined : join(options.folder, "logs"),
    ...(keep ? { detach: async () => {} } : {}),
  });
  const about = { design, system, edges, ports, serviceImage: serviceImageName() };
  const starting = launchAll(stack, {
    engine,
    id,
    specs,
    ports,
    keep,
    labels: stackLabels(id, { owner, kept: keep, about }),
  });
  try {
    await orAborted(starting, signal);
    stack.refuseUnlessWhole();
    if (keep) saveStackRecord({ id, owner, key, kept: true });
    return stack;
  } catch (error) {
    await stack.saveLogs();
    await stack.remove();
    await starting.catch(() => {});
    throw orFullDisk(error);
  }
}

/** Every image that will be needed is there, or told to be missing, before one is built or pulled. */
async function specsAndImages(
  engine: Engine,
  { topology, secrets }: Pick<ContainerPlace, "topology" | "secrets">,
  { dashboardsDir, keep, signal, onProgress }: ContainerStackOptions,
): Promise<ContainerSpec[]> {
  const name = serviceImageName();
  const addresses = insideAddresses(topology);
  const place = { addresses, secrets, serviceImage: name, dashboardsDir, topology };
  const specs = topology.parts.map((part) => containerSpecOf(part, place));
  const needed = specs.map(({ image }) => image).filter((image) => image !== name);
  const cleaner = keep || process.env.TESTCONTAINERS_RYUK_DISABLED === "true" ? [] : [imageOf("ryuk")];
  const base = (await serviceImageThere(engine)) ? [] : [imageOf("node")];
  await orAborted(ensureImages(engine, [...needed, ...cleaner, ...base], onProgress), signal);
  await serviceImage(engine, onProgress, signal);
  return specs;
}

interface Launch {
  engine: Engine;
  id: string;
  specs: ContainerSpec[];
  ports: PublishedPorts;
  keep: boolean;
  labels: Record<string, string>;
}

async function launchAll(stack: ContainersStack, launch: Launch): Promise<void> {
  const { engine, id, specs, ports, keep } = launch;
  const { PartContainer, sessionLabels } = await import("./part-container.ts");
  const network = `matchday-${id}`;
  const session = keep ? {} : await sessionLabels(engine);
  await askEngine("create the stack's network", () =>
    engine.docker.createNetwork({
      Name: network,
      CheckDuplicate: true,
      Labels: { ...launch.labels, ...session },
    }),
  );
  await Promise.all(
    specs.map((spec) =>
      stack.start(
        spec.name,
        (onCreated) =>
          new PartContainer({
            spec,
            name: `matchday-${id}-${spec.name}`,
            network,
            labels: { ...launch.labels, [labels.part]: spec.name },
            published: (port) => ports[`${spec.name} ${port}`]!,
            hostIp: engine.local ? "127.0.0.1" : undefined,
            kept: keep,
            onCreated,
          }),
      ),
    ),
  );
}
