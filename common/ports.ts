import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { ExitCode, MatchdayError } from "./errors.ts";

/**
 * Listening ports stay below the range that the kernel gives to outgoing connections: 200,000 clients use most of it,
 * and one of them would sooner or later hold the port of a server that restarts.
 */
export function portRange(firstEphemeral: number = firstEphemeralPort()): { from: number; to: number } {
  const from = 18_000;
  // Where the range is widened to the bottom there is no room below it: ports that may collide beat none.
  const room = firstEphemeral - from >= 1000;
  return { from, to: room ? Math.min(firstEphemeral, 32_768) : 32_768 };
}

function firstEphemeralPort(): number {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
  } catch {
    // Not Linux: 49152 is the usual start there, so that Linux's default is safe too.
    return 32_768;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Finds `count` free ports, in one ascending list.
 * @param base the first port to use; when it is given, exactly `base … base+count-1`.
 * @throws MatchdayError PORT_TAKEN, PORT_INVALID
 */
export async function freePorts(count: number, base?: number): Promise<number[]> {
  const range = portRange();
  const from = base ?? range.from;
  const to = base === undefined ? range.to : base + count;
  if (to > 65_536) {
    throw new MatchdayError("PORT_INVALID", `${count} ports from ${from} on would go beyond 65535`, {
      hint: `choose a --base-port of at most ${65_536 - count}, or leave the flag out`,
      exitCode: ExitCode.usage,
    });
  }
  const ports: number[] = [];
  for (let port = from; port < to && ports.length < count; port++) {
    if (await isFree(port)) ports.push(port);
    else if (base !== undefined) {
      throw new MatchdayError("PORT_TAKEN", `port ${port} is in use by another process`, {
        hint: `choose another --base-port (${count} ports are needed), or leave the flag out`,
        exitCode: ExitCode.usage,
      });
    }
  }
  if (ports.length < count) {
    throw new MatchdayError(
      "PORT_TAKEN",
      `${count} free ports are needed between ${from} and ${to}; ${ports.length} are left`,
      {
        hint: "end other servers on this machine, or use fewer clients",
      },
    );
  }
  return ports;
}
