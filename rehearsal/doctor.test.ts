import { describe, expect, test } from "vitest";
import { k6Path, toxiproxyPath } from "../common/paths.ts";
import { doctor, type Patient, renderDoctor } from "./doctor.ts";
import { machineLike } from "./testing/machine-like.ts";

const answers: Record<string, string> = {
  go: "go version go1.26.8 linux/amd64\n",
  [k6Path]:
    "k6 v2.2.0 (go1.26.8, linux/amd64)\nExtensions:\n  github.com/matchday/crowd v0.0.0, k6/x/crowd [js]\n",
  [toxiproxyPath]: "toxiproxy-server version 2.12.0\n",
  "/pg/bin/postgres": "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
  "/usr/bin/redis-server": "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=a\n",
};

const patient = (over: Partial<Patient> = {}, without: string[] = []): Patient => ({
  machine: machineLike(),
  ask: async (command) => (without.includes(command) ? undefined : answers[command]),
  tools: { postgresBin: "/pg/bin", redisServer: "/usr/bin/redis-server" },
  diskFreeBytes: async () => 50 * 1024 ** 3,
  engine: async () => undefined,
  leftovers: () => [],
  ...over,
});

const checkOf = async (id: string, over: Partial<Patient> = {}, without: string[] = []) =>
  (await doctor(patient(over, without))).checks.find((check) => check.id === id);

describe("doctor", () => {
  test("finds a healthy machine healthy, with the versions that the tools tell", async () => {
    const { checks, clientsMax } = await doctor(patient());
    expect(checks.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(Object.fromEntries(checks.map(({ id, fact }) => [id, fact]))).toMatchObject({
      node: "24.21.0",
      go: "1.26.8",
      k6: "2.2.0 with k6/x/crowd",
      toxiproxy: "2.12.0",
      postgresql: "15.18 at /pg/bin",
      redis: "7.0.15 at /usr/bin/redis-server",
    });
    expect(clientsMax).toBeGreaterThan(200_000);
  });

  test.each([
    ["k6", k6Path],
    ["toxiproxy", toxiproxyPath],
    ["postgresql", "/pg/bin/postgres"],
    ["redis", "/usr/bin/redis-server"],
  ])("fails without %s, and says what to do", async (id, command) => {
    expect(await checkOf(id, {}, [command])).toMatchObject({ state: "fail", remedy: "run npm run setup" });
  });

  test("fails when nothing was set up", async () => {
    const { checks } = await doctor(patient({ tools: {} }));
    expect(checks.filter(({ state }) => state === "fail").map(({ id }) => id)).toEqual([
      "postgresql",
      "redis",
    ]);
  });

  test("does not take any k6 for ours", async () => {
    const check = await checkOf("k6", { ask: async () => "k6 v2.2.0 (go1.26.8, linux/amd64)\n" });
    expect(check).toMatchObject({ state: "fail", fact: "2.2.0 without k6/x/crowd" });
  });

  test("only warns without Go and without Docker's engine, which runs do not need", async () => {
    expect(await checkOf("go", {}, ["go"])).toMatchObject({ state: "warn" });
    expect(await checkOf("docker")).toMatchObject({
      state: "ok",
      fact: expect.stringContaining("no engine"),
    });
  });

  test.each([
    ["present", "ok", "engine 28.1; all images are here"],
    ["obtainable", "ok", "engine 28.1; to be pulled first: redis:7"],
    ["unobtainable", "warn", expect.stringContaining("cannot get redis:7")],
  ] as const)("looks at what an engine has: an image that is %s", async (imageState, state, fact) => {
    const engine = async () => ({ version: "28.1", images: [{ name: "redis:7", state: imageState }] });
    expect(await checkOf("docker", { engine })).toMatchObject({ state, fact });
  });

  test.each([
    ["node", { node: "20.20.2" }, "fail"],
    ["files", { fileLimit: 1024 }, "warn"],
    ["files", { fileLimit: 64 }, "fail"],
    ["ports", { portRange: { from: 18_000, to: 18_010 } }, "fail"],
    ["ports", { loopbackRange: false, ephemeralPorts: 5000 }, "warn"],
    ["accept-queue", { somaxconn: 128 }, "warn"],
    ["connections", { connectionTable: { max: 16_384, used: 100 } }, "warn"],
    ["connections", { connectionTable: { max: 262_144, used: 262_144 } }, "fail"],
    ["memory", { freeMemoryBytes: 200 * 1024 ** 2 }, "fail"],
    ["memory", { freeMemoryBytes: 850 * 1024 ** 2 }, "warn"],
    ["cores", { cores: 1 }, "warn"],
  ] as const)("judges %s by %o: %s, with a remedy", async (id, over, state) => {
    expect(await checkOf(id, { machine: machineLike(over) })).toMatchObject({
      state,
      remedy: expect.any(String),
    });
  });

  test.each([
    [1, "warn"],
    [0.1, "fail"],
  ])("%d GB of disk: %s", async (gigabytes, state) => {
    expect(await checkOf("disk", { diskFreeBytes: async () => gigabytes * 1024 ** 3 })).toMatchObject({
      state,
    });
  });

  test("names what earlier runs left", async () => {
    expect(await checkOf("leftovers", { leftovers: () => ["faults of run-1"] })).toMatchObject({
      state: "warn",
      fact: "of earlier runs: faults of run-1",
      remedy: expect.stringContaining("matchday chaos recover"),
    });
  });
});

describe("the doctor's text", () => {
  test("is one line a check, remedies below, and what ends it", async () => {
    const text = renderDoctor(await doctor(patient({}, [k6Path])));
    expect(text).toContain("✓ node          24.21.0\n");
    expect(text).toContain("✗ k6            not built\n                → run npm run setup\n");
    expect(text).toContain("Nothing can run before this is put right: k6.\n");
    expect(text).toMatch(
      /This machine can carry [\d,]+ clients\.\nThe limit is memory: .+ free of .+\. For more, .+\.\n$/,
    );
    expect(text).not.toContain("\u001b");
  });

  test("has colours where they are asked for", async () => {
    expect(renderDoctor(await doctor(patient()), { color: true })).toContain("\u001b[32m✓\u001b[39m node");
  });
});
