import { expect, test } from "vitest";
import { connectionTable } from "./connection-table.ts";

const reading = (files: Record<string, string>) => (path: string) => files[path.split("/").at(-1)!];

test("is read where connections are tracked", () => {
  const read = reading({ nf_conntrack_max: "262144\n", nf_conntrack_count: "1177\n" });
  expect(connectionTable(read)).toEqual({ max: 262_144, used: 1177 });
});

test.each([
  ["no module", {}],
  ["a module that nobody uses", { nf_conntrack_max: "262144\n", nf_conntrack_count: "0\n" }],
  ["no limit", { nf_conntrack_max: "0\n", nf_conntrack_count: "12\n" }],
])("is none with %s", (_, files) => {
  expect(connectionTable(reading(files))).toBeUndefined();
});
