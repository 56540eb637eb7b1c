import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { k6Path, projectRoot, toolsFile, toxiproxyPath } from "../common/paths.ts";
import { findEngine } from "../reference-stack/providers/containers/engine.ts";
import { type ImageState, imageState } from "../reference-stack/providers/containers/image-state.ts";
import { stackImages } from "../reference-stack/providers/containers/images.ts";
import { clientsMaxOf, type Limit, limitsOf } from "./capacity.ts";
import { findLeftovers } from "./leftovers.ts";
import { type Machine, readMachine } from "./machine.ts";

export { renderDoctor } from "./doctor-text.ts";

export interface DoctorCheck {
  id: string;
  /** `warn`: runs work, but smaller or slower than they could. */
  state: "ok" | "warn" | "fail";
  fact: string;
  remedy?: string;
}

export interface DoctorReport {
  /** The most clients that this machine can carry now. */
  clientsMax: number;
  machine: Machine;
  /** What each resource allows, the tightest first. */
  limits: Limit[];
  checks: DoctorCheck[];
}

/** What the doctor looks at; passed in, so that tests need no other machine. */
export interface Patient {
  machine: Machine;
  /** What a command prints, both streams, or undefined where it cannot be run or fails. */
  ask(command: string, args: string[]): Promise<string | undefined>;
  tools: { postgresBin?: string; redisServer?: string };
  /** Free bytes where run folders are kept. */
  diskFreeBytes(): Promise<number>;
  /** The Docker engine that answers, and what it has of a stack's images; undefined when none does. */
  engine(): Promise<{ version: string; images: ImageState[] } | undefined>;
  /** What earlier runs left behind, in words. */
  leftovers(): string[];
}

const setUp = "run npm run setup";
const gigabyte = 1024 ** 3;
const count = (value: number) => value.toLocaleString("en");

/** Looks at the machine and asks every tool for its version; changes nothing. */
export async function doctor(patient: Patient = thisMachine()): Promise<DoctorReport> {
  const { machine } = patient;
  const checks = await Promise.all([
    node(machine),
    go(patient),
    k6(patient),
    toxiproxy(patient),
    postgres(patient),
    redis(patient),
    files(machine),
    ports(machine),
    acceptQueue(machine),
    ...connections(machine),
    memory(machine),
    cores(machine),
    disk(patient),
    docker(patient),
    leftovers(patient),
  ]);
  return { clientsMax: clientsMaxOf(machine), machine, limits: limitsOf(machine), checks };
}

function node({ node }: Machine): DoctorCheck {
  return Number.parseInt(node, 10) >= 24
    ? { id: "node", state: "ok", fact: node }
    : {
        id: "node",
        state: "fail",
        fact: `${node}; 24 is needed`,
        remedy: `${setUp}, then use npm run matchday`,
      };
}

async function go({ ask }: Patient): Promise<DoctorCheck> {
  const answer = (await ask("go", ["version"])) ?? (await ask("/usr/local/go/bin/go", ["version"]));
  const version = /go(\d\S*)/.exec(answer ?? "")?.[1];
  return version
    ? { id: "go", state: "ok", fact: version }
    : {
        id: "go",
        state: "warn",
        fact: "not found; k6 and Toxiproxy cannot be built anew",
        remedy: "install Go 1.21 or newer (go.dev/dl)",
      };
}

async function k6({ ask }: Patient): Promise<DoctorCheck> {
  const answer = await ask(k6Path, ["version"]);
  const version = /k6\S* v(\S+)/.exec(answer ?? "")?.[1];
  if (!version) return { id: "k6", state: "fail", fact: "not built", remedy: setUp };
  return answer?.includes("k6/x/crowd")
    ? { id: "k6", state: "ok", fact: `${version} with k6/x/crowd` }
    : {
        id: "k6",
        state: "fail",
        fact: `${version} without k6/x/crowd`,
        remedy: `remove ${k6Path}, then ${setUp}`,
      };
}

async function toxiproxy({ ask }: Patient): Promise<DoctorCheck> {
  const version = /version (\S+)/.exec((await ask(toxiproxyPath, ["--version"])) ?? "")?.[1];
  return version
    ? { id: "toxiproxy", state: "ok", fact: version }
    : { id: "toxiproxy", state: "fail", fact: "not built", remedy: setUp };
}

async function postgres({ ask, tools: { postgresBin } }: Patient): Promise<DoctorCheck> {
  const answer = postgresBin && (await ask(join(postgresBin, "postgres"), ["--version"]));
  const version = /(\d+(\.\d+)*)/.exec(answer || "")?.[1];
  return version
    ? { id: "postgresql", state: "ok", fact: `${version} at ${postgresBin}` }
    : {
        id: "postgresql",
        state: "fail",
        fact: postgresBin ? `${postgresBin} does not run` : "not found",
        remedy: setUp,
      };
}

async function redis({ ask, tools: { redisServer } }: Patient): Promise<DoctorCheck> {
  const version = /v=(\S+)/.exec((redisServer && (await ask(redisServer, ["--version"]))) || "")?.[1];
  return version
    ? { id: "redis", state: "ok", fact: `${version} at ${redisServer}` }
    : {
        id: "redis",
        state: "fail",
        fact: redisServer ? `${redisServer} does not run` : "not found",
        remedy: setUp,
      };
}

const limitOf = (machine: Machine, what: Limit["what"]) =>
  limitsOf(machine).find((limit) => limit.what === what)!;

/** Below this a generator's and an edge's own share of the machine is too dear for the clients it holds. */
const comfortableFiles = 10_000;

/** Below this it is the table that bounds the crowds that people rehearse with on one machine. */
const comfortableConnections = 20_000;
/** The crowd that a run has unless told otherwise. */
const comfortableMemory = 2000;

function files(machine: Machine): DoctorCheck {
  const { allows, remedy } = limitOf(machine, "files");
  const fact = `${count(machine.fileLimit)} open files a process`;
  if (allows === 0) return { id: "files", state: "fail", fact, remedy };
  return machine.fileLimit >= comfortableFiles
    ? { id: "files", state: "ok", fact }
    : { id: "files", state: "warn", fact: `${fact}: many processes for few clients`, remedy };
}

function ports(machine: Machine): DoctorCheck {
  const { from, to } = machine.portRange;
  const { allows, remedy } = limitOf(machine, "ports");
  const outgoing = `${count(machine.ephemeralPorts)} outgoing${machine.loopbackRange ? " for each generator" : ""}`;
  // A laptop's stack takes some twenty: each part, its metrics, and a proxy for each leg.
  if (to - from < 100) {
    return {
      id: "ports",
      state: "fail",
      fact: `no room to listen below the outgoing range, which begins at ${to}`,
      remedy: "let net.ipv4.ip_local_port_range begin at 32768",
    };
  }
  const fact = `${from} to ${to - 1} to listen on, ${outgoing}`;
  return allows >= 10_000 ? { id: "ports", state: "ok", fact } : { id: "ports", state: "warn", fact, remedy };
}

function acceptQueue({ somaxconn, os }: Machine): DoctorCheck {
  const fact = `${count(somaxconn)} connections may wait to be accepted`;
  return somaxconn >= 1024
    ? { id: "accept-queue", state: "ok", fact }
    : {
        id: "accept-queue",
        state: "warn",
        fact: `${fact}: in a rush some wait a second for the next try`,
        remedy: `sudo sysctl -w ${os.startsWith("linux") ? "net.core.somaxconn" : "kern.ipc.somaxconn"}=4096`,
      };
}

/** A machine that tracks no connections has no table to look at. */
function connections(machine: Machine): DoctorCheck[] {
  return limitsOf(machine)
    .filter(({ what }) => what === "connections")
    .map((limit) => enough(limit, comfortableConnections));
}

const memory = (machine: Machine) => enough(limitOf(machine, "memory"), comfortableMemory);

/** A limit by itself: it carries nobody, or fewer than would be comfortable. */
function enough({ what, allows, fact, remedy }: Limit, comfortable: number): DoctorCheck {
  const state = allows === 0 ? "fail" : allows < comfortable ? "warn" : "ok";
  return { id: what, state, fact, ...(state === "ok" ? {} : { remedy }) };
}

function cores({ cores, cpu }: Machine): DoctorCheck {
  const fact = `${cores} × ${cpu}`;
  return cores >= 2
    ? { id: "cores", state: "ok", fact }
    : {
        id: "cores",
        state: "warn",
        fact: `${fact}: crowd and stack take turns, which makes the stack look slower`,
        remedy: "use two cores or more, or fewer clients",
      };
}

async function disk({ diskFreeBytes }: Patient): Promise<DoctorCheck> {
  const bytes = await diskFreeBytes();
  const fact = `${(bytes / gigabyte).toFixed(1)} GB free for run folders`;
  if (bytes >= 2 * gigabyte) return { id: "disk", state: "ok", fact };
  return {
    id: "disk",
    state: bytes >= 0.2 * gigabyte ? "warn" : "fail",
    fact,
    remedy: "remove old folders in runs/, or keep runs elsewhere with --out DIR",
  };
}

async function docker({ engine }: Patient): Promise<DoctorCheck> {
  const found = await engine();
  if (!found) {
    return {
      id: "docker",
      state: "ok",
      fact: "no engine answers: the stack runs as processes of this machine, without Grafana",
    };
  }
  const { version, images } = found;
  const lacking = images.filter(({ state }) => state === "unobtainable").map(({ name }) => name);
  const toPull = images.filter(({ state }) => state === "obtainable").map(({ name }) => name);
  if (lacking.length > 0) {
    return {
      id: "docker",
      state: "warn",
      fact: `engine ${version}, which cannot get ${lacking.join(", ")}: the stack runs as processes of this machine`,
      remedy:
        "load the images (docker load), name others (MATCHDAY_IMAGE_…), or see that the registry is reached",
    };
  }
  const readiness = toPull.length === 0 ? "all images are here" : `to be pulled first: ${toPull.join(", ")}`;
  return { id: "docker", state: "ok", fact: `engine ${version}; ${readiness}` };
}

function leftovers({ leftovers }: Patient): DoctorCheck {
  const left = leftovers();
  return left.length === 0
    ? { id: "leftovers", state: "ok", fact: "none of earlier runs" }
    : {
        id: "leftovers",
        state: "warn",
        fact: `of earlier runs: ${left.join(", ")}`,
        remedy: "run matchday chaos recover; the next run ends them as well",
      };
}

function thisMachine(): Patient {
  return {
    machine: readMachine(),
    ask: (command, args) =>
      new Promise((resolve) => {
        execFile(command, args, { timeout: 5000 }, (error, stdout, stderr) =>
          resolve(error ? undefined : `${stdout}${stderr}`),
        );
      }),
    tools: readTools(),
    diskFreeBytes: () => freeBytes(join(projectRoot, "runs")),
    engine: async () => {
      const engine = await findEngine().catch(() => undefined);
      return engine && { version: engine.version, images: await imageState(engine, stackImages()) };
    },
    leftovers: () => findLeftovers().map(({ what }) => what),
  };
}

function readTools(): Patient["tools"] {
  try {
    return JSON.parse(readFileSync(toolsFile, "utf8"));
  } catch {
    return {};
  }
}

/** Of the disk that holds the folder, or will hold it. */
async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    if (dirname(path) === path) throw error;
    return freeBytes(dirname(path));
  }
}
