import { expect, test } from "vitest";
import { textOf } from "./logs.ts";

/** As an engine sends it (Docker Engine API, "Attach to a container", stream format). */
function piece(output: 1 | 2, text: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(output, 0);
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

test("both outputs of a container are one text, in order", () => {
  const mixed = Buffer.concat([piece(1, "started\n"), piece(2, "ö\n"), piece(1, ""), piece(1, "ended")]);
  expect(textOf(mixed)).toBe("started\nö\nended");
});

test("a log that breaks off has what had come", () => {
  expect(textOf(Buffer.concat([piece(1, "one\n"), piece(1, "two\n")]).subarray(0, -2))).toBe("one\ntw");
  expect(textOf(piece(1, "").subarray(0, 5))).toBe("");
});
