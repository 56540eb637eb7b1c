/** A headless Chromium for looking at the page in tests, spoken to over its DevTools protocol. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser of this machine, or what `MATCHDAY_CHROMIUM` says; `undefined` when there is none. */
export function findChromium(): string | undefined {
  const told = process.env.MATCHDAY_CHROMIUM;
  if (told) return told;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(runs);
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Answer {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { message: string };
}

export interface PageOptions {
  width?: number;
  height?: number;
  mobile?: boolean;
  dark?: boolean;
  print?: boolean;
}

export class Browser implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #listeners = new Set<(answer: Answer) => void>();
  #lastId = 0;

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id === undefined) for (const listener of this.#listeners) listener(answer);
      else this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async launch(chromium: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "matchday-browser-"));
    const quiet = ["first-run", "default-browser-check"].map((what) => `--no-${what}`);
    const off = ["background-networking", "component-update", "sync", "gpu", "dev-shm-usage"].map(
      (what) => `--disable-${what}`,
    );
    const child = spawn(
      chromium,
      [
        "--headless",
        "--no-sandbox",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        ...quiet,
        ...off,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const url = await new Promise<string>((resolve, reject) => {
      let told = "";
      child.stderr!.on("data", (chunk) => {
        told += chunk;
        const [, found] = /DevTools listening on (ws:\S+)/.exec(told) ?? [];
        if (found) resolve(found);
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`the browser ended before it listened: ${told}`)));
    });
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    return new Browser(child, profile, socket);
  }

  async send<T = Record<string, unknown>>(
    method: string,
    params: object = {},
    sessionId?: string,
  ): Promise<T> {
    const id = ++this.#lastId;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    });
    this.#waiting.delete(id);
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result as T;
  }

  /** Opens a page and resolves when its load event has passed. */
  async open(
    url: string,
    { width = 1280, height = 900, mobile = false, dark = false }: PageOptions = {},
  ): Promise<Page> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const page = new Page(this, sessionId);
    let loaded = () => {};
    const load = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    this.#listeners.add((event) => {
      if (event.sessionId !== sessionId) return;
      if (event.method === "Page.loadEventFired") loaded();
      page.take(event.method ?? "", event.params ?? {});
    });
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await page.send("Emulation.setEmulatedMedia", { features });
    await page.send("Page.navigate", { url });
    await load;
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    await this.send("Browser.close").catch(() => this.#child.kill());
    await ended;
    this.#socket.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

export class Page {
  readonly #browser: Browser;
  readonly #sessionId: string;
  /** What the page complained of: exceptions, console errors, refused resources. */
  readonly problems: string[] = [];
  /** What the page asked for, itself included. */
  readonly requests: string[] = [];

  constructor(browser: Browser, sessionId: string) {
    this.#browser = browser;
    this.#sessionId = sessionId;
  }

  take(method: string, params: Record<string, unknown>): void {
    if (method === "Runtime.exceptionThrown") this.problems.push(JSON.stringify(params.exceptionDetails));
    if (method === "Runtime.consoleAPICalled" && params.type === "error")
      this.problems.push(JSON.stringify(params.args));
    const entry = params.entry as { level: string; text: string } | undefined;
    if (method === "Log.entryAdded" && entry?.level === "error") this.problems.push(entry.text);
    if (method === "Network.requestWillBeSent") this.requests.push((params.request as { url: string }).url);
  }

  send<T = Record<string, unknown>>(method: string, params: object = {}): Promise<T> {
    return this.#browser.send<T>(method, params, this.#sessionId);
  }

  /** Evaluates an expression in the page; promises are awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send<{
      result: { value: T };
      exceptionDetails?: { exception?: { description?: string } };
    }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  /** The whole page as PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.send<{ data: string }>("Page.captureScreenshot", {
      captureBeyondViewport: true,
      format: "png",
    });
    return Buffer.from(data, "base64");
  }

  async pdf(): Promise<Buffer> {
    const { data } = await this.send<{ data: string }>("Page.printToPDF", { printBackground: false });
    return Buffer.from(data, "base64");
  }
}
