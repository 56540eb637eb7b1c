import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as roomsPaths from "../common/paths.ts";
import { isInstalled } from "./components/npm-packages.js";
import { isOpenToAll } from "./components/postgres.js";
import { isNewEnough } from "./components/redis.js";
import { sourceKey } from "./go.js";
import { takeLock } from "./lock.js";
import * as setupPaths from "./paths.js";
import { SetupError, SetupErrors, textOf } from "./problem.js";
import { isOffline } from "./shell.js";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "matchday-setup-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("the set-up and the rooms mean the same places", () => {
  const { projectRoot, cacheDir, k6Path, toxiproxyPath, toolsFile } = setupPaths;
  expect({ projectRoot, cacheDir, k6Path, toxiproxyPath, toolsFile }).toEqual({
    projectRoot: roomsPaths.projectRoot,
    cacheDir: roomsPaths.cacheDir,
    k6Path: roomsPaths.k6Path,
    toxiproxyPath: roomsPaths.toxiproxyPath,
    toolsFile: roomsPaths.toolsFile,
  });
});

describe("npm packages", () => {
  const lock = (/** @type {object} */ packages) => JSON.stringify({ packages });
  const a = { version: "1.0.0", integrity: "sha512-a" };

  test("are there when npm's record is what the lock file says", () => {
    expect(isInstalled(lock({ "": {}, "node_modules/a": a }), lock({ "node_modules/a": a }))).toBe(true);
  });

  test.each([
    ["one is missing", { "node_modules/b": a }],
    ["one is another version", { "node_modules/a": { ...a, version: "1.0.1" } }],
    ["one has other content", { "node_modules/a": { ...a, integrity: "sha512-b" } }],
  ])("are not when %s", (_, installed) => {
    expect(isInstalled(lock({ "node_modules/a": a }), lock(installed))).toBe(false);
  });

  test("of other platforms may be absent", () => {
    expect(isInstalled(lock({ "node_modules/a": { ...a, optional: true } }), lock({}))).toBe(true);
  });
});

describe("the key of the k6 binary", () => {
  beforeEach(() => {
    mkdirSync(join(dir, "sse", "testdata"), { recursive: true });
    writeFileSync(join(dir, "go.mod"), "module a\n");
    writeFileSync(join(dir, "sse", "parse.go"), "package sse\n");
  });

  test.each([
    ["a source", "sse/parse.go"],
    ["a new source", "sse/more.go"],
    ["go.mod", "go.mod"],
    ["go.sum", "go.sum"],
    ["an embedded file", "sse/page.html"],
  ])("changes with %s", (_, file) => {
    const before = sourceKey(dir);
    writeFileSync(join(dir, file), "package changed\n");
    expect(sourceKey(dir)).not.toBe(before);
  });

  test.each(["sse/parse_test.go", "sse/testdata/corpus", "contract.ts", "README.md"])(
    "does not change with %s",
    (file) => {
      const before = sourceKey(dir);
      writeFileSync(join(dir, file), "package changed\n");
      expect(sourceKey(dir)).toBe(before);
    },
  );
});

describe("a built binary", () => {
  const build = (/** @type {string} */ text) => async (/** @type {string} */ target) =>
    writeFileSync(target, text, { mode: 0o755 });

  /** A cache of its own. */
  async function inCache() {
    vi.stubEnv("MATCHDAY_CACHE", dir);
    vi.resetModules();
    return { ...(await import("./go.js")), link: join(dir, "bin", "tool") };
  }
  afterEach(() => vi.unstubAllEnvs());

  test("is what its key says, is not built twice, and makes room after three", async () => {
    const { provide, isBuilt, link } = await inCache();
    await provide(link, "aa", build("first"));
    expect(isBuilt(link, "aa")).toBe(true);
    expect(isBuilt(link, "bb")).toBe(false);
    for (const key of ["bb", "cc", "dd"]) await provide(link, key, build(key));
    expect(readFileSync(link, "utf8")).toBe("dd");
    expect(readdirSync(join(dir, "built"))).toHaveLength(3);
    await provide(link, "cc", () => Promise.reject(new Error("built again")));
    expect(readFileSync(link, "utf8")).toBe("cc");
  });

  test("stays what it was when a build fails", async () => {
    const { provide, isBuilt, link } = await inCache();
    await provide(link, "aa", build("good"));
    await expect(provide(link, "bb", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(isBuilt(link, "aa")).toBe(true);
  });
});

describe("the lock", () => {
  test("is held by one at a time, and goes to the next", async () => {
    const file = join(dir, "lock");
    const unlock = await takeLock(file, { everyMs: 1 });
    /** @type {string[]} */
    const told = [];
    let taken = false;
    const second = takeLock(file, { everyMs: 1, onWait: (pid) => told.push(pid) }).then((give) => {
      taken = true;
      return give;
    });
    await expect.poll(() => told).toEqual([String(process.pid)]);
    expect(taken).toBe(false);
    unlock();
    (await second)();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("of a process that was killed is broken", async () => {
    const file = join(dir, "lock");
    const script = `import { takeLock } from ${JSON.stringify(new URL("lock.js", import.meta.url).href)};
      await takeLock(${JSON.stringify(file)}); console.log("held"); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const ended = new Promise((resolve) => holder.once("exit", resolve));
    holder.kill("SIGKILL");
    await ended;
    expect(readdirSync(dir)).toEqual(["lock"]);
    (await takeLock(file, { everyMs: 1 }))();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("of a process whose pid another one has now is broken", async () => {
    const file = join(dir, "lock");
    writeFileSync(file, `${process.pid} long ago`);
    (await takeLock(file, { everyMs: 1 }))();
    expect(readdirSync(dir)).toEqual([]);
  });
});

test("only a folder that everybody may enter, all the way down, is open to all", () => {
  mkdirSync(join(dir, "in", "side"), { recursive: true, mode: 0o755 });
  expect(isOpenToAll("/usr/bin")).toBe(true);
  // mkdtemp makes folders of the owner's own.
  expect(isOpenToAll(join(dir, "in", "side"))).toBe(false);
});

test.each([
  ["7.0.15", true],
  ["6.2.0", true],
  ["6.0.16", false],
  ["5.0.14", false],
  [undefined, false],
])("Redis %s is new enough: %s", (version, enough) => {
  expect(isNewEnough(version)).toBe(enough);
});

test.each([
  ["npm error code ENOTFOUND", true],
  ['Get "https://example.invalid/a": dial tcp: lookup example.invalid: no such host', true],
  ["Temporary failure resolving 'deb.example.invalid'", true],
  ["undefined: foo", false],
])("%s is for want of a network: %s", (output, offline) => {
  expect(isOffline(output)).toBe(offline);
});

test("every problem is told with its code and its remedy", () => {
  const text = textOf(
    new SetupErrors([new SetupError("GO_MISSING", "no Go", "install it"), new SetupError("B", "b", "c\nd")]),
  );
  expect(text).toBe("✗ GO_MISSING: no Go\n  → install it\n✗ B: b\n  → c\n    d\n");
});
