import { afterEach, expect, test, vi } from "vitest";
import { images } from "./images.ts";
import { contextFiles, serviceImageName } from "./service-image.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("the services' image is made from what they run on, and from nothing that only tests and people read", () => {
  const files = contextFiles();
  expect(files).toEqual(
    expect.arrayContaining([
      "Dockerfile",
      "common/errors.ts",
      "package-lock.json",
      "reference-stack/migrations/001_events.sql",
      "reference-stack/package.json",
      "reference-stack/edge-kit/acceptor.ts",
    ]),
  );
  expect(
    files.filter((file) => /\.test\.ts$|\.md$|node_modules|^reference-stack\/providers/.test(file)),
  ).toEqual([]);
});

test("its name is the same for the same content, and another on another base", () => {
  const name = serviceImageName();
  expect(serviceImageName()).toBe(name);
  vi.stubEnv(images.node.variable, "node:26");
  expect(serviceImageName()).not.toBe(name);
});
