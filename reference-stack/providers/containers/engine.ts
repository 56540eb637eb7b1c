import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ContainerRuntimeClient } from "testcontainers";
import { MatchdayError, messageOf } from "../../../common/errors.ts";
import { within } from "../../service-kit/within.ts";

/** A Docker engine that answers. */
export interface Engine {
  version: string;
  /** Where ports that it publishes are reached from here. */
  host: string;
  /** It publishes on our own network: what it publishes can stay on loopback. */
  local: boolean;
  client: ContainerRuntimeClient;
  docker: ContainerRuntimeClient["container"]["dockerode"];
}

const answerWithinMs = 2000;

/**
 * The engine that Testcontainers finds: `DOCKER_HOST`, else the usual sockets.
 * @throws MatchdayError ENGINE_UNREACHABLE
 */
export async function findEngine(): Promise<Engine> {
  const asked = process.env.DOCKER_HOST;
  if (!asked && !usualSockets().some(existsSync))
    throw unreachable("no Docker engine listens on this machine");
  let client: ContainerRuntimeClient;
  try {
    // Only here: it takes a third of a second to load, which nobody pays who runs without containers.
    const { getContainerRuntimeClient } = await import("testcontainers");
    client = await within(
      getContainerRuntimeClient(),
      answerWithinMs,
      `no answer within ${answerWithinMs} ms`,
    );
  } catch (error) {
    throw unreachable(`no Docker engine answers${asked ? ` at ${asked}` : ""}: ${messageOf(error)}`, error);
  }
  const docker = client.container.dockerode;
  // Testcontainers falls back to the usual socket: an engine that nobody has asked for.
  if (asked && !isAt(docker.modem, asked))
    throw unreachable(`no Docker engine answers at DOCKER_HOST=${asked}`);
  const { host, serverVersion } = client.info.containerRuntime;
  const local = await isOurs(host);
  return { version: String(serverVersion), host: local ? "127.0.0.1" : host, local, client, docker };
}

function usualSockets(): string[] {
  const { TESTCONTAINERS_HOST_OVERRIDE, XDG_RUNTIME_DIR = `/run/user/${process.getuid?.()}` } = process.env;
  if (process.platform === "win32") return ["."];
  return [
    ...(TESTCONTAINERS_HOST_OVERRIDE ? ["."] : []),
    "/var/run/docker.sock",
    join(XDG_RUNTIME_DIR, "docker.sock"),
    join(XDG_RUNTIME_DIR, ".docker/run/docker.sock"),
    ...["run", "desktop"].map((folder) => join(homedir(), ".docker", folder, "docker.sock")),
    join(homedir(), ".testcontainers.properties"),
  ];
}

/**
 * Whether a host is this one. Testcontainers, when it is inside a container, names the gateway of the engine's bridge: that
 * is an address of ours too where the engine runs beside us, and another's where only its socket was handed in.
 */
export async function isOurs(host: string): Promise<boolean> {
  const address = host.replace(/^\[|\]$/g, "");
  if (address === "localhost") return true;
  const family = isIP(address);
  if (family === 0) return false;
  // Only an address of one's own can be bound; the list of interfaces leaves out a bridge without containers.
  const socket = createSocket(family === 4 ? "udp4" : "udp6");
  try {
    socket.bind({ address, port: 0, exclusive: true });
    await once(socket, "listening");
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

/** Whether a client asks the engine that `DOCKER_HOST` names. */
export function isAt(modem: unknown, asked: string): boolean {
  const { socketPath, host, port } = modem as { socketPath?: string; host?: string; port?: number };
  const url = new URL(asked);
  if (url.protocol === "unix:" || url.protocol === "npipe:") return socketPath === url.pathname;
  return (
    socketPath === undefined &&
    url.hostname === host &&
    (url.port === "" || Number(url.port) === Number(port))
  );
}

const unreachable = (fact: string, cause?: unknown) =>
  new MatchdayError("ENGINE_UNREACHABLE", fact, {
    hint: "start Docker, or use --stack local",
    ...(cause === undefined ? {} : { cause }),
  });

/** What a lost connection to the engine is called, among what Node's sockets say. */
const lostConnection = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
]);

const lossOf = (error: unknown) => lostConnection.has((error as NodeJS.ErrnoException)?.code ?? "");

/** The engine's own status of an answer that is an error: 404 when there is no such thing. */
export const statusOf = (error: unknown) => (error as { statusCode?: number } | undefined)?.statusCode;

/** What the engine said, without the wrapping of its client. */
export function engineWord(error: unknown): string {
  const { json } = (error ?? {}) as { json?: { message?: string } };
  return json?.message ?? messageOf(error);
}

/**
 * Asks the engine for something.
 * @throws MatchdayError ENGINE_GONE when it does not answer any more, ENGINE_REFUSED when it says no
 */
export async function askEngine<T>(what: string, ask: () => Promise<T>, withinMs = 10_000): Promise<T> {
  try {
    return await within(ask(), withinMs, `no answer within ${withinMs} ms`);
  } catch (error) {
    if (error instanceof MatchdayError) throw error;
    if (lossOf(error)) throw engineGone(`${what}: ${messageOf(error)}`, error);
    throw new MatchdayError("ENGINE_REFUSED", `${what}: ${engineWord(error)}`, {
      hint: "cure what the engine says, or run with --stack local",
      cause: error,
    });
  }
}

export const engineGone = (fact: string, cause?: unknown) =>
  new MatchdayError("ENGINE_GONE", `the Docker engine does not answer any more: ${fact}`, {
    hint: "see that Docker runs; what is left of the stack is removed at the next start",
    ...(cause === undefined ? {} : { cause }),
  });
