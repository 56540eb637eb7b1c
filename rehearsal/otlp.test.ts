import { expect, test } from "vitest";
import type { SpanRecord } from "../common/records.ts";
import { tracesRequest } from "./otlp.ts";

const span: SpanRecord = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  name: "resume stream",
  kind: "client",
  part: "crowd-0",
  startUs: 1_795_000_000_000_001,
  endUs: 1_795_000_000_004_002,
  attributes: { client: 7, "http.response.status_code": 200, share: 0.5, kernel: true, match: "match-1" },
};

test("is what the protocol's JSON form asks for: hex ids, nanoseconds as text, kinds as numbers", () => {
  const parentSpanId = "00f067aa0ba902b7";
  const failed: SpanRecord = { ...span, part: "crowd-1", parentSpanId, error: "connection refused" };
  expect(tracesRequest([span, failed], "crowd")).toEqual({
    resourceSpans: [
      {
        resource: {
          attributes: [
            { key: "service.name", value: { stringValue: "crowd" } },
            { key: "service.instance.id", value: { stringValue: "crowd-0" } },
          ],
        },
        scopeSpans: [
          {
            scope: { name: "matchday" },
            spans: [
              {
                traceId: span.traceId,
                spanId: span.spanId,
                name: "resume stream",
                kind: 3,
                startTimeUnixNano: "1795000000000001000",
                endTimeUnixNano: "1795000000004002000",
                attributes: [
                  { key: "client", value: { intValue: "7" } },
                  { key: "http.response.status_code", value: { intValue: "200" } },
                  { key: "share", value: { doubleValue: 0.5 } },
                  { key: "kernel", value: { boolValue: true } },
                  { key: "match", value: { stringValue: "match-1" } },
                ],
              },
            ],
          },
        ],
      },
      expect.objectContaining({
        scopeSpans: [
          expect.objectContaining({
            spans: [
              expect.objectContaining({ parentSpanId, status: { code: 2, message: "connection refused" } }),
            ],
          }),
        ],
      }),
    ],
  });
});
