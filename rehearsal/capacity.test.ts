import { describe, expect, test } from "vitest";
import { type Capacity, capacity, clientsMaxOf, limitsOf, memoryFor } from "./capacity.ts";
import { machineLike } from "./testing/machine-like.ts";

const laidOut = (clients: number, over = {}): Capacity => {
  const answer = capacity(machineLike(over), { clients });
  if ("problems" in answer) throw new Error(JSON.stringify(answer.problems));
  return answer;
};

describe("capacity", () => {
  test("200,000 clients fit 2 cores, 24 GiB and 20,000 files: 11 generators, 12 edges", () => {
    const { generators, edges, clientsMax } = laidOut(200_000);
    expect({ generators, edges }).toEqual({ generators: 11, edges: 12 });
    expect(clientsMax).toBeGreaterThan(200_000);
  });

  test.each([1, 2000, 18_500, 18_501, 37_000, 37_001, 200_000, 400_000])(
    "%d clients: no process above its file limit, also when one edge is gone",
    (clients) => {
      const { fileLimit } = machineLike();
      const { generators, edges } = laidOut(clients);
      expect(Math.ceil(clients / generators)).toBeLessThanOrEqual(fileLimit - 1500);
      expect(Math.ceil(clients / (edges - 1))).toBeLessThanOrEqual(fileLimit - 1500);
      expect(edges).toBeGreaterThanOrEqual(2);
    },
  );

  test("follows a small file limit, down to a quarter of it kept back", () => {
    const over = { fileLimit: 1024 };
    expect(laidOut(2000, over)).toMatchObject({ generators: 3, edges: 4 });
    // 178 generators and 179 edges: the harness holds five files for each pair of them.
    expect(limitsOf(machineLike(over)).find(({ what }) => what === "files")).toMatchObject({
      allows: 178 * 768,
      fact: "1,024 open files a process in 178 generators",
    });
  });

  test.each([0, 20, 64, 128])(
    "with %d open files nobody is carried, and files alone are to blame",
    (fileLimit) => {
      const machine = machineLike({ fileLimit });
      expect(clientsMaxOf(machine)).toBe(0);
      expect(capacity(machine, { clients: 1 })).toEqual({
        problems: [
          {
            code: "CLIENTS_BEYOND_MACHINE",
            fact: `1 clients are more than this machine can carry: ${fileLimit} open files a process (each may need 128 for itself) allow 0`,
            remedy: expect.stringMatching(/^raise the hard limit \(ulimit -Hn\): nofile in/),
          },
        ],
      });
    },
  );

  test.each([140, 200, 256, 512, 1024, 4096])(
    "with %d open files no process of the largest crowd is above them, the harness and Toxiproxy among them",
    (fileLimit) => {
      const { allows } = limitsOf(machineLike({ fileLimit })).find(({ what }) => what === "files")!;
      const memory = { memoryBytes: 2 ** 40, freeMemoryBytes: 2 ** 40 };
      const { generators, edges } = laidOut(allows, { fileLimit, ...memory });
      expect(30 + 4 * generators + edges).toBeLessThanOrEqual(fileLimit);
      expect(40 + 3 * edges).toBeLessThanOrEqual(fileLimit);
      expect(39 + Math.ceil(allows / (edges - 1))).toBeLessThanOrEqual(fileLimit);
    },
  );

  test("the largest crowd that it names is one that it takes, and one more is not", () => {
    const machine = machineLike({ freeMemoryBytes: 4 * 1024 ** 3 });
    const most = clientsMaxOf(machine);
    expect(capacity(machine, { clients: most })).not.toHaveProperty("problems");
    expect(memoryFor(machine, most)).toBeLessThanOrEqual(machine.freeMemoryBytes);
    expect(capacity(machine, { clients: most + 1 })).toEqual({
      problems: [
        {
          code: "CLIENTS_BEYOND_MACHINE",
          fact: expect.stringContaining("4.0 GB free of 24.0 GB memory"),
          remedy: expect.stringContaining(`--clients ${most} or fewer`),
        },
      ],
    });
  });

  test("counts what is left in the kernel's table of connections, where it has one", () => {
    const left = (used: number) => clientsMaxOf(machineLike({ connectionTable: { max: 262_144, used } }));
    expect(left(400)).toBeGreaterThan(200_000);
    expect(left(200_400)).toBe(51_453);
    expect(
      capacity(machineLike({ connectionTable: { max: 262_144, used: 262_144 } }), { clients: 1 }),
    ).toEqual({
      problems: [
        {
          code: "CLIENTS_BEYOND_MACHINE",
          fact: expect.stringContaining("0 free of 262,144 entries in the kernel's table of connections"),
          remedy: expect.stringContaining("nf_conntrack_max=1048576"),
        },
      ],
    });
  });

  test("names every resource that is too small", () => {
    const answer = capacity(machineLike({ fileLimit: 256, freeMemoryBytes: 1024 ** 3 }), {
      clients: 1_000_000,
    });
    if (!("problems" in answer)) throw new Error("it fits");
    expect(answer.problems.map(({ fact }) => /files|memory/.exec(fact)?.[0])).toEqual(["memory", "files"]);
  });

  test("carries nobody, and says why, where not even an empty stack fits", () => {
    const answer = capacity(machineLike({ freeMemoryBytes: 100 * 1024 ** 2, cgroup: "v2" }), { clients: 1 });
    expect(answer).toEqual({
      problems: [
        expect.objectContaining({ remedy: "end other programs, or raise the container's memory limit" }),
      ],
    });
  });

  test("where there is one loopback address, its ports end the crowd", () => {
    const machine = machineLike({ os: "darwin 25.1.0 arm64", loopbackRange: false, ephemeralPorts: 16_384 });
    expect(limitsOf(machine)[0]).toMatchObject({ what: "ports", allows: 16_384 });
  });

  test("a generator has no more clients than its address has ports", () => {
    const { generators } = laidOut(100_000, { fileLimit: 1_000_000, ephemeralPorts: 28_232 });
    expect(generators).toBe(4);
  });
});
