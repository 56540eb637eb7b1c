/** `k6 run crowd/script.ts` against somebody's own server, whose events are in no envelope of ours. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { k6Path, projectRoot } from "../../common/paths.ts";

/** Says something each 100 ms, by the clock of a minute ago or of now; nothing but comments where it is silent. */
async function server({
  agedMs = 0,
  silent = false,
  acceptAfterMs = 0,
  came = [] as string[],
}): Promise<string> {
  const http = createServer(async (request, response) => {
    came.push(request.url!);
    if (acceptAfterMs > 0) await delay(acceptAfterMs);
    response.writeHead(200, { "content-type": "text/event-stream" });
    let id = 0;
    const timer = setInterval(() => {
      if (silent) response.write(": still here\n\n");
      else response.write(`id: ${++id}\ndata: ${JSON.stringify({ ts: Date.now() - agedMs, score: id })}\n\n`);
    }, 100);
    response.on("close", () => clearInterval(timer));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function k6(target: string, variables: Record<string, string>, flags: string[] = []) {
  const given = { TARGET: target, PATH_TO: "/", CLIENTS: "3", DURATION: "2s", ARRIVE: "100ms", ...variables };
  const args = [
    "run",
    "--quiet",
    "--no-usage-report",
    "--summary-mode=disabled",
    ...flags,
    join(projectRoot, "crowd/script.ts"),
  ];
  for (const [name, value] of Object.entries(given)) args.push("-e", `${name}=${value}`);
  const ran = promisify(execFile)(k6Path, args, { cwd: projectRoot });
  return await ran.then(
    ({ stderr }) => ({ exitCode: 0, told: stderr }),
    (error) => ({ exitCode: error.code as number, told: error.stderr as string }),
  );
}

const thresholds = JSON.stringify({
  crowd_late: ["count==0"],
  crowd_event_age_p99: ["value<2000"],
  crowd_event_age: ["p(95)<2000"],
});

test("a threshold on what nothing was measured for fails, and is named", async () => {
  const target = await server({ agedMs: 60_000 });
  const { exitCode, told } = await k6(target, { THRESHOLDS: thresholds });
  expect(told).toMatch(/THRESHOLD_UNMEASURED: .*crowd_late.*crowd_event_age_p99.*crowd_event_age/);
  expect(told).toMatch(/events: 0 on time, 0 late, \d+ not judged, 0 lost, 0 twice, 0 out of order/);
  expect(exitCode, told).toBe(99);
});

test("with the field that tells their time, events a minute old are late, and fresh ones on time", async () => {
  const old = await k6(await server({ agedMs: 60_000 }), { THRESHOLDS: thresholds, AGE: "data.ts:ms" });
  expect(old.told).toMatch(/events: 0 on time, [1-9]\d* late, 0 not judged/);
  expect(old.exitCode, old.told).toBe(99);
  const fresh = await k6(await server({ agedMs: 0 }), { THRESHOLDS: thresholds, AGE: "data.ts:ms" });
  expect(fresh.told).toMatch(/events: [1-9]\d* on time, 0 late, 0 not judged/);
  expect(fresh.exitCode, fresh.told).toBe(0);
});

test("where nothing comes, none late is no pass", async () => {
  const { exitCode, told } = await k6(await server({ silent: true }), {
    THRESHOLDS: JSON.stringify({ crowd_late: ["count==0"], crowd_connected: ["rate==1"] }),
  });
  expect(told).toMatch(/3 of 3 clients connected.*; 0 events/);
  expect(told).toMatch(/THRESHOLD_UNMEASURED: .*crowd_late \(no event came with a time/);
  expect(told).toMatch(/thresholds on metrics 'crowd_late' have been crossed/);
  expect(exitCode, told).toBe(99);
});

test("what ids can tell is judged apart from what times can tell", async () => {
  const target = await server({});
  const lost = JSON.stringify({ crowd_lost: ["count==0"] });
  const unnumbered = await k6(target, { THRESHOLDS: lost, AGE: "data.ts:ms" });
  expect(unnumbered.told).toMatch(
    /THRESHOLD_UNMEASURED: .*crowd_lost \(no event came with a contiguous number/,
  );
  expect(unnumbered.exitCode, unnumbered.told).toBe(99);
  const numbered = await k6(target, { THRESHOLDS: lost, IDS: "contiguous" });
  expect(numbered.told).not.toMatch(/THRESHOLD_UNMEASURED/);
  expect(numbered.exitCode, numbered.told).toBe(0);
});

test.for([
  { crowd_event_age_p99: ["value!=3"] },
  { "crowd_connected{region:nowhere}": ["rate>0.9"] },
  { "crowd_late{region:nowhere}": ["count==0"] },
])("k6 cannot let %j pass, and the script still says what was", async (unmeasured) => {
  const { exitCode, told } = await k6(await server({}), { THRESHOLDS: JSON.stringify(unmeasured) });
  expect(told).toMatch(/3 of 3 clients connected/);
  expect(told).toContain(`${Object.keys(unmeasured)[0]}' have failed: nothing was measured for them`);
  expect(exitCode, told).toBe(99);
});

const all = JSON.stringify({ crowd_connected: ["rate==1"] });

test("an attempt counts once, when its outcome is known, in whatever second that is", async () => {
  // Each is asked for in one second and accepted in the next, while others are asked for.
  const late = await server({ acceptAfterMs: 990 });
  const { exitCode, told } = await k6(late, {
    ...{ CLIENTS: "200", ARRIVE: "3s", DURATION: "5s", THRESHOLDS: all },
  });
  expect(told).toMatch(/200 of 200 clients connected/);
  expect(exitCode, told).toBe(0);
});

test("who still waits at the end has not been let in; of who has just asked nobody knows", async () => {
  const hangs = await server({ acceptAfterMs: 60_000 });
  const waited = await k6(hangs, { DURATION: "3s", THRESHOLDS: all });
  expect(waited.told).toMatch(/thresholds on metrics 'crowd_connected' have been crossed/);
  expect(waited.exitCode, waited.told).toBe(99);
  const asked = await k6(hangs, { DURATION: "800ms", THRESHOLDS: all });
  expect(asked.told).toMatch(/THRESHOLD_UNMEASURED: .*crowd_connected/);
  expect(asked.exitCode, asked.told).toBe(99);
});

test("a crowd that k6 would end before it leaves is told so, and does not begin", async () => {
  const came: string[] = [];
  const { exitCode, told } = await k6(await server({ came }), { DURATION: "25h" });
  expect(told).toMatch(/CROWD_CUT_SHORT: maxDuration and gracefulStop end in 8\d{4}\.\d s.*90001\.0 s/);
  expect(exitCode, told).toBe(108);
  expect(came).toEqual([]);
});

test.for([2, 3])("%i instances play every client once, and none twice", async (instances) => {
  const came: string[] = [];
  const target = await server({ came });
  const cuts = Array.from({ length: instances + 1 }, (_, cut) =>
    cut === 0 ? "0" : cut === instances ? "1" : `${cut}/${instances}`,
  );
  const ran = await Promise.all(
    cuts
      .slice(1)
      .map((to, index) =>
        k6(target, { CLIENTS: "10", PATH_TO: "/{client}", INSTANCES: String(instances), THRESHOLDS: all }, [
          `--execution-segment=${cuts[index]}:${to}`,
          `--execution-segment-sequence=${cuts.join(",")}`,
          "--address=",
        ]),
      ),
  );
  for (const { exitCode, told } of ran) expect(exitCode, told).toBe(0);
  expect(came.toSorted()).toEqual(Array.from({ length: 10 }, (_, id) => `/${id}`).toSorted());
  const played = ran.map(({ told }) => Number(/(\d+) of \d+ clients connected/.exec(told)![1]));
  expect(played.reduce((sum, clients) => sum + clients, 0)).toBe(10);
});

test.for<[string, Record<string, string>, string[]]>([
  ["that does not know of how many", {}, ["0:1/2", "0,1/2,1"]],
  ["that does not know of how many, as the operator starts it", {}, ["0:1/2", "0,1/2,1", "--no-setup"]],
  ["of unequal parts", { INSTANCES: "2" }, ["0:1/3", "0,1/3,1"]],
  ["of another number", { INSTANCES: "3" }, ["0:1/2", "0,1/2,1"]],
  ["for which no client is left", { INSTANCES: "2", CLIENTS: "1" }, ["1/2:1", "0,1/2,1"]],
])("an instance %s plays nobody, and says so", async ([, variables, [segment, sequence, ...flags]]) => {
  const came: string[] = [];
  const { exitCode, told } = await k6(await server({ came }), variables, [
    ...[`--execution-segment=${segment}`, `--execution-segment-sequence=${sequence}`, ...flags],
  ]);
  expect(told).toContain("CROWD_NOT_DIVIDED");
  expect(exitCode, told).toBeGreaterThan(0);
  expect(came).toEqual([]);
});
