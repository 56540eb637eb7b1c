import { expect, test } from "vitest";
import { imageOf, imageOfServer, images, variableOfImage } from "./images.ts";

test("every image is pinned by a tag that does not move", () => {
  for (const { pinned } of Object.values(images)) {
    expect(pinned).toMatch(/:[\w.-]*\d[\w.-]*$/);
    expect(pinned).not.toContain("latest");
  }
});

test("each is replaced by a variable of its own", () => {
  const variables = Object.values(images).map(({ variable }) => variable);
  expect(new Set(variables).size).toBe(variables.length);
  expect(imageOf("redis", {})).toBe("redis:7");
  expect(imageOf("redis", { MATCHDAY_IMAGE_REDIS: "" })).toBe("redis:7");
  expect(imageOf("redis", { MATCHDAY_IMAGE_REDIS: "mirror.example/redis:7.4" })).toBe(
    "mirror.example/redis:7.4",
  );
});

test("the replica runs on PostgreSQL's image", () => {
  expect(imageOfServer("postgres-replica", {})).toBe(imageOf("postgres", {}));
});

test("an image that cannot be had is told with the variable that replaces it", () => {
  expect(variableOfImage("grafana/grafana:10.0.0", {})).toBe("MATCHDAY_IMAGE_GRAFANA");
  expect(variableOfImage("my/grafana:11", { MATCHDAY_IMAGE_GRAFANA: "my/grafana:11" })).toBe(
    "MATCHDAY_IMAGE_GRAFANA",
  );
  expect(variableOfImage("hello-world:1", {})).toBeUndefined();
});
