/** How one part runs as a container: what both Testcontainers and `compose.yaml` are made from. */
export interface ContainerSpec {
  /** The part's name; its host name in the stack's network. */
  name: string;
  image: string;
  entrypoint?: string[];
  command?: string[];
  env: Record<string, string>;
  user?: string;
  /** Ports that are published on loopback, by their name in the topology. */
  ports: Record<string, number>;
  /** Put into the container before it starts. */
  files: { path: string; content: string; mode?: number }[];
  /** Folders in memory: data that lasts as long as the container runs. */
  tmpfs: string[];
  stopSignal?: NodeJS.Signals;
}
