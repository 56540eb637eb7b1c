import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../common/until.ts";
import { buildSeries, type Series } from "../../measurements/series.ts";
import { slowestFlows } from "../../measurements/slowest-flows.ts";
import { judge } from "../../verdict/judge.ts";
import { healthyPresale } from "../../verdict/testing/presale-record.ts";
import { type LiveVerdict, liveUpdate, renderHtml } from "../html.ts";
import { Browser, findChromium, type Page, type PageOptions } from "./browser.ts";
import { emptyRecord, fixtureBurn, fixturePlan, fixtureRecord } from "./fixture.ts";
import { fixtureBaseline, fixtureVerdict } from "./fixture-verdict.ts";
import { framesOf, panelFrames } from "./panels.ts";

const chromium = findChromium();
const series: Series = { ...buildSeries(fixturePlan(), fixtureRecord()), burn: fixtureBurn() };
const frames = framesOf(series);
const flows = slowestFlows(fixturePlan(), fixtureRecord());

describe.skipIf(chromium === undefined)(
  "in a browser (skipped where there is no Chromium)",
  () => {
    let browser: Browser;
    let folder: string;
    let report: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "matchday-page-"));
      report = saved(
        "report.html",
        renderHtml(fixtureVerdict(), series, { baseline: fixtureBaseline, flows }),
      );
      browser = await Browser.launch(chromium!);
    }, 30_000);

    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    function saved(name: string, text: string): string {
      const path = join(folder, name);
      writeFileSync(path, text);
      return pathToFileURL(path).href;
    }

    async function open(url: string, options?: PageOptions): Promise<Page> {
      const page = await browser.open(url, options);
      await settled(page);
      return page;
    }

    /** Charts take a change on at their next frame. */
    const settled = (page: Page) =>
      page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");

    const press = (page: Page, ...keys: string[]) =>
      page.evaluate(
        `for (const key of ${JSON.stringify(keys)}) document.getElementById("chart-column").dispatchEvent(new KeyboardEvent("keydown", { key }))`,
      );

    const textOf = (page: Page, selector: string) =>
      page.evaluate<string>(`document.querySelector(${JSON.stringify(selector)}).textContent`);

    /** How many pixels of a chart have been painted on. */
    const painted = (page: Page, panel: string) =>
      page.evaluate<number>(`(() => {
      const canvas = document.querySelector('[data-panel="${panel}"] canvas');
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let painted = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted++;
      return painted;
    })()`);

    test("draws every chart, complains of nothing, and asks for nothing but itself", async () => {
      const page = await open(report);
      const drawn = await page.evaluate<string[]>(
        '[...document.querySelectorAll("[data-drawn=yes]")].map((figure) => figure.dataset.panel)',
      );
      expect(drawn).toEqual(frames.map(({ id }) => id));
      for (const { id } of frames) expect(await painted(page, id), id).toBeGreaterThan(1000);
      expect(page.problems).toEqual([]);
      expect(page.requests).toEqual([report]);
    });

    test("a presale: its own charts, how far everybody came, and nothing wider than a phone", async () => {
      const { plan, record } = healthyPresale();
      const presale = saved("presale.html", renderHtml(judge(plan, record), buildSeries(plan, record)));
      const page = await open(presale, { width: 360, height: 740, mobile: true });
      for (const id of ["queue", "admission", "ends", "steps", "position_age"]) {
        expect(await painted(page, id), id).toBeGreaterThan(1000);
      }
      expect(await page.evaluate("document.querySelector('[data-panel=delivery]')")).toBeNull();
      expect(await textOf(page, "#journeys-title")).toContain("80 seats: 74 sold, 2 held, 4 free");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
      expect(page.problems).toEqual([]);
    });

    test.each([
      ["a narrow phone", { width: 360, height: 740, mobile: true }],
      ["a tablet", { width: 768, height: 1024, mobile: true }],
      ["a desk", { width: 1280, height: 900, dark: true }],
    ])("nothing is wider than %s", async (_, options) => {
      const page = await open(report, options);
      const [room, wide] = await page.evaluate<[number, number]>(
        "[document.documentElement.clientWidth, document.documentElement.scrollWidth]",
      );
      expect(wide).toBeLessThanOrEqual(room!);
      expect(page.problems).toEqual([]);
    });

    test("on a phone, an objective has a line for each phase in which it was exercised", async () => {
      const page = await open(report, { width: 390, height: 844, mobile: true });
      const lines = await page.evaluate<string[]>(`(() => {
        const row = [...document.querySelectorAll(".phases tbody tr")].find((one) => one.textContent.includes("A goal reaches"));
        return [...row.querySelectorAll("td")].filter((cell) => cell.checkVisibility() && cell.dataset.label)
          .map((cell) => cell.dataset.label + ": " + cell.innerText.replace(/\\s+/g, " ").trim());
      })()`);
      expect(lines).toEqual([
        "Target: < 2 s",
        "baseline: 366 ms",
        "fault: 6.29 s ≤ 12 s allowed 1.41 s",
        "after: 352 ms",
        "Budget used: 55.6 %",
      ]);
    });

    test("on paper, no column of a table is cut off", async () => {
      const page = await open(report, { width: 680 });
      await page.send("Emulation.setEmulatedMedia", { media: "print" });
      const cut = await page.evaluate<string[]>(`[...document.querySelectorAll("table")]
        .filter((table) => table.checkVisibility() && table.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map((table) => table.textContent.slice(0, 60))`);
      expect(cut).toEqual([]);
    });

    test("pointing at an instant reads all charts there", async () => {
      const page = await open(report);
      await page.evaluate('document.getElementById("charts").scrollIntoView({ behavior: "instant" })');
      const { x, y } = await page.evaluate<{ x: number; y: number }>(`(() => {
      const { left, top, width } = document.querySelector('[data-panel="clients"] .u-over').getBoundingClientRect();
      return { x: left + (width * 30.5) / 60, y: top + 20 };
    })()`);
      await page.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
      await settled(page);
      expect(await textOf(page, "#readout")).toMatch(/^30 s to 31 s.*fault.*Redis away.*goal p99 6.2\d s/);
      expect(await textOf(page, '[data-panel="event_age"] .legend')).toMatch(/goal .*6\.2\d s/);
      expect(await textOf(page, '[data-panel="generator"] .legend')).toMatch(/read lag p99 \d+ ms/);
      const cursors = await page.evaluate<number[]>(
        '[...document.querySelectorAll(".u-cursor-x")].map((line) => Math.round(line.getBoundingClientRect().left))',
      );
      expect(cursors).toHaveLength(frames.length);
      expect(Math.max(...cursors) - Math.min(...cursors)).toBeLessThanOrEqual(1);
    });

    test("dragging zooms all charts, and a double click shows all again", async () => {
      const page = await open(report);
      await page.evaluate('document.getElementById("charts").scrollIntoView({ behavior: "instant" })');
      const { left, width, y } = await page.evaluate<{ left: number; width: number; y: number }>(`(() => {
      const { left, top, width } = document.querySelector('[data-panel="connect"] .u-over').getBoundingClientRect();
      return { left, width, y: top + 30 };
    })()`);
      const mouse = (type: string, second: number, clickCount = 1) =>
        page.send("Input.dispatchMouseEvent", {
          type,
          x: left + (width * second) / 60,
          y,
          button: "left",
          clickCount,
        });
      await mouse("mouseMoved", 22);
      await mouse("mousePressed", 22);
      await mouse("mouseMoved", 30);
      await mouse("mouseMoved", 38);
      await mouse("mouseReleased", 38);
      await settled(page);
      await press(page, "Home");
      const phases = () =>
        page.evaluate<string[]>(
          '[...document.querySelectorAll(".lane-phases button")].map((one) => one.textContent)',
        );
      expect(await phases()).toEqual(["arrive", "baseline"]);
      await press(page, "Escape");
      await settled(page);
      expect(await phases()).toHaveLength(5);
      await press(page, "+", "+");
      await settled(page);
      expect((await phases()).length).toBeLessThan(5);
      for (const clickCount of [1, 2]) {
        await mouse("mousePressed", 30, clickCount);
        await mouse("mouseReleased", 30, clickCount);
      }
      await settled(page);
      expect(await phases()).toHaveLength(5);
      expect(page.problems).toEqual([]);
    });

    test("the keyboard moves the instant, and its line stands where it says", async () => {
      const page = await open(report);
      await press(page, "End", "ArrowLeft", "ArrowLeft");
      await settled(page);
      expect(await textOf(page, "#readout")).toMatch(/^57 s to 58 s.*after.*open 2,000/);
      await press(page, "+", "+");
      await settled(page);
      expect(await textOf(page, "#readout")).toMatch(/^57 s to 58 s/);
    });

    test("a finding leads to its stretch of the charts", async () => {
      const page = await open(report);
      await page.evaluate('document.querySelector(".finding a.range").click()');
      await settled(page);
      expect(await textOf(page, "#readout")).toBe("36 s to 45 s of 60 s");
      expect(await page.evaluate("location.hash")).toBe("#t=38-43");
      const linked = await open(`${report}#t=20-30`);
      expect(await textOf(linked, "#readout")).toBe("17.5 s to 32.5 s of 60 s");
    });

    test.each([
      ["a desk", { width: 1280 }],
      ["a phone", { width: 390, mobile: true }],
    ])("on %s, each hop of a flow has its bar where its figures say", async (_, options) => {
      const page = await open(report, options);
      const bars = await page.evaluate<{ name: string; from: number; to: number; high: number }[]>(`(() => {
        const flow = [...document.querySelectorAll(".flow[open]")].find((one) => one.textContent.includes("statement timeout"));
        return [...flow.querySelectorAll("tbody tr")].map((row) => {
          const room = row.querySelector("td.bars").getBoundingClientRect();
          const work = row.querySelector(".work").getBoundingClientRect();
          const inRoom = (x) => (x - room.left) / room.width;
          return { name: row.querySelector("th").textContent, from: inRoom(work.left), to: inRoom(work.right), high: room.height };
        });
      })()`);
      expect(bars).toHaveLength(4);
      for (const { high } of bars) expect(high).toBeGreaterThanOrEqual(12);
      const failed = bars.find(({ name }) => name.includes("✗"))!;
      expect(failed.from).toBeCloseTo(312 / 1231, 1);
      expect(failed.to).toBeCloseTo(1212 / 1231, 1);
      expect(bars[0]!.to - bars[0]!.from).toBeCloseTo(1, 1);
      expect(page.problems).toEqual([]);
    });

    test("a flow leads to its stretch of the charts, and has its attributes on demand", async () => {
      const page = await open(report);
      await page.evaluate('document.querySelector(".flow[open] a.range").click()');
      await settled(page);
      expect(await textOf(page, "#readout")).toBe("17.6 s to 32.7 s of 60 s");
      const shown = () =>
        page.evaluate<boolean>('document.querySelector(".flow .attributes").checkVisibility()');
      expect(await shown()).toBe(false);
      await page.evaluate('document.querySelector(".flow .fold summary").click()');
      expect(await shown()).toBe(true);
      expect(await textOf(page, ".flow .attributes")).toContain("class = odds");
    });

    test("the theme changes what the charts are painted with", async () => {
      const page = await open(report);
      const paper = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      const light = await paper();
      await page.evaluate(
        'document.getElementById("theme").click(); document.getElementById("theme").click()',
      );
      expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
      expect(await paper()).not.toBe(light);
      // Other tests share this browser's storage.
      await page.evaluate('document.getElementById("theme").click()');
    });

    test("prints in light, with its charts as wide as the paper, and goes back", async () => {
      const page = await open(report, { dark: true });
      await page.evaluate(`
      globalThis.seen = {};
      addEventListener("beforeprint", () => {
        seen.theme = document.documentElement.dataset.theme;
        seen.width = document.querySelector(".uplot").clientWidth;
      });
    `);
      const pdf = await page.pdf();
      expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
      expect(pdf.byteLength).toBeGreaterThan(50_000);
      expect(await page.evaluate("seen")).toEqual({ theme: "light", width: 680 });
      await settled(page);
      expect(await page.evaluate('document.querySelector(".uplot").clientWidth')).toBeGreaterThan(900);
      expect(page.problems).toEqual([]);
    });

    test("a run that died early shows panels without data", async () => {
      const text = renderHtml(fixtureVerdict(), buildSeries(fixturePlan(), emptyRecord));
      const page = await open(saved("empty.html", text));
      expect(await page.evaluate('document.querySelectorAll("[data-drawn=empty]").length')).toBe(
        panelFrames.length,
      );
      expect(await textOf(page, '[data-panel="clients"] .plot')).toBe("no data");
      await press(page, "ArrowRight", "End", "+", "Escape");
      expect(page.problems).toEqual([]);
    });

    test("the live page asks for news until it is told that the run has ended", async () => {
      const { run, scenario, design, stack, startedAt, durationMs, seed, command, machine } =
        fixtureVerdict();
      const live: LiveVerdict = {
        ...{ run, scenario, design, stack, startedAt, durationMs, seed, command, machine },
        verdict: "running",
        sentence: "Preparing.",
      };
      const answers = [
        liveUpdate({ ...live, sentence: "24 of 60 s." }, series),
        liveUpdate(fixtureVerdict(), series),
      ];
      let asked = 0;
      const server = createServer((request, response) => {
        if (request.url === "/live.json") {
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify(answers[Math.min(asked++, answers.length - 1)]));
        } else if (request.url === "/") {
          response.setHeader("content-type", "text/html");
          response.end(renderHtml(live, buildSeries(fixturePlan(), emptyRecord), { liveUrl: "/live.json" }));
        } else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const page = await browser.open(`http://127.0.0.1:${port}/`);
        await until(() => page.evaluate<boolean>('document.documentElement.dataset.live === "ended"'), {
          withinMs: 10_000,
          orElse: "the live page did not come to its end within 10 s",
        });
        expect(asked).toBe(2);
        expect(await textOf(page, "h1")).toBe(fixtureVerdict().sentence);
        expect(await page.evaluate('document.querySelectorAll("[data-drawn=yes]").length')).toBe(
          panelFrames.length,
        );
        expect(page.problems.filter((problem) => !problem.includes("404"))).toEqual([]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  },
  60_000,
);
