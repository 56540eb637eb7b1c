import {
  GenericContainer,
  getReaper,
  LABEL_TESTCONTAINERS_SESSION_ID,
  type WaitStrategy,
} from "testcontainers";
import type { Engine } from "./engine.ts";
import type { ContainerSpec } from "./spec.ts";

export interface PartContainerOptions {
  spec: ContainerSpec;
  /** Of the container; names are the engine's own, shared by all stacks. */
  name: string;
  network: string;
  labels: Record<string, string>;
  /** Port of the engine's machine for each port of the part. */
  published(port: string): number;
  /** The address that ports are published on; all of them where undefined. */
  hostIp: string | undefined;
  /** Outlives the process that started it. */
  kept: boolean;
  /** Called with the container's id before it is started. */
  onCreated(id: string): void;
}

/** Whether a part is ready is asked for apart, since it is asked again after each restart. */
const startedIsEnough: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => startedIsEnough,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};

/** One part of a stack: what Testcontainers' options cannot say is set on what it hands to the engine. */
export class PartContainer extends GenericContainer {
  readonly #onCreated: (id: string) => void;

  constructor({ spec, name, network, labels, published, hostIp, kept, onCreated }: PartContainerOptions) {
    super(spec.image);
    this.#onCreated = onCreated;
    this.withName(name)
      .withNetworkMode(network)
      .withHostname(spec.name)
      .withEnvironment(spec.env)
      .withLabels(labels)
      .withTmpFs(Object.fromEntries(spec.tmpfs.map((path) => [path, ""])))
      .withCopyContentToContainer(
        spec.files.map(({ path, content, mode }) => ({
          target: path,
          content,
          ...(mode === undefined ? {} : { mode }),
        })),
      )
      .withAutoCleanup(!kept)
      .withWaitStrategy(startedIsEnough);
    if (spec.entrypoint) this.withEntrypoint(spec.entrypoint);
    if (spec.command) this.withCommand(spec.command);
    if (spec.user !== undefined) this.withUser(spec.user);
    if (spec.stopSignal !== undefined) this.createOpts.StopSignal = spec.stopSignal;
    // Its name in this network only: `withNetworkAliases` would put it into the engine's default network as well.
    this.createOpts.NetworkingConfig = { EndpointsConfig: { [network]: { Aliases: [spec.name] } } };
    const ports = Object.entries(spec.ports).map(
      ([port, number]) => [`${number}/tcp`, published(port)] as const,
    );
    this.createOpts.ExposedPorts = Object.fromEntries(ports.map(([port]) => [port, {}]));
    this.hostConfig.PortBindings = Object.fromEntries(
      ports.map(([port, host]) => [
        port,
        [{ HostPort: String(host), ...(hostIp === undefined ? {} : { HostIp: hostIp }) }],
      ]),
    );
  }

  protected override async containerCreated(id: string): Promise<void> {
    this.#onCreated(id);
  }
}

/** What Ryuk goes by: who carries it is removed when this process is gone. Nothing where Ryuk is off. */
export async function sessionLabels(engine: Engine): Promise<Record<string, string>> {
  const { sessionId } = await getReaper(engine.client);
  return { [LABEL_TESTCONTAINERS_SESSION_ID]: sessionId };
}
