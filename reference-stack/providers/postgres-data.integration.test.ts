import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Lease } from "../../common/lease.ts";
import { testTools } from "../testing/stack.ts";
import { testSecrets } from "../testing/test-secrets.ts";
import { postgresRunAs, preparePostgres } from "./postgres-data.ts";

test("a database's user owns its data and nothing beside, and the replica has a primary to follow", async () => {
  await using lease = Lease.take(`test-${randomBytes(5).toString("hex")}`);
  const folder = lease.folder(mkdtempSync(join(tmpdir(), "matchday-postgres-data-")));
  chmodSync(folder, 0o711);
  const runAs = postgresRunAs();
  const bin = testTools()!.postgresBin;
  const place = { lease, logFile: join(folder, "init.log"), bin, folder, runAs };
  await preparePostgres(place, testSecrets, { host: "127.0.0.1", port: 5432, password: "of-the-replica" });

  expect(statSync(folder)).toMatchObject({ uid: process.getuid?.(), mode: 0o40711 });
  expect(readdirSync(folder).sort()).toEqual(["data", "init.log", "replica-data"]);
  for (const name of ["data", "replica-data"]) {
    const { uid, mode } = lstatSync(join(folder, name));
    expect({ uid, mode }).toEqual({ uid: runAs?.uid ?? process.getuid?.(), mode: 0o40700 });
    const settings = join(folder, name, "postgresql.auto.conf");
    expect(readFileSync(settings, "utf8")).toContain("password=of-the-replica");
    expect(lstatSync(settings)).toMatchObject({ uid, mode: 0o100600 });
  }
  expect(existsSync(join(folder, "data", "standby.signal"))).toBe(false);
  expect(lstatSync(join(folder, "replica-data", "standby.signal")).size).toBe(0);
  expect(readFileSync(join(folder, "init.log"), "utf8")).not.toContain("of-the-replica");
}, 60_000);
