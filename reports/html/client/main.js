import { drawCharts, repaint, resizeCharts } from "./charts.js";
import { forgetColors } from "./colors.js";
import { follow, update } from "./live.js";
import { show, showAll } from "./state.js";

const root = document.documentElement;

/** @param {number} fromMs @param {number} toMs */
function showRange(fromMs, toMs) {
  const marginS = Math.max(2, (toMs - fromMs) / 4000);
  show(fromMs / 1000 - marginS, toMs / 1000 + marginS);
  const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.getElementById("charts")?.scrollIntoView({ behavior: smooth ? "smooth" : "auto" });
  document.getElementById("chart-column")?.focus({ preventScroll: true });
}

document.addEventListener("click", async (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const range = /** @type {HTMLElement | null} */ (target.closest("a.range"));
  if (range) {
    event.preventDefault();
    const { from, to } = range.dataset;
    history.replaceState(null, "", `#t=${Number(from) / 1000}-${Number(to) / 1000}`);
    showRange(Number(from), Number(to));
  }
  const button = /** @type {HTMLElement | null} */ (target.closest("[data-copy]"));
  if (button) await copy(button);
});

/** @param {HTMLElement} button */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy ?? "");
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    button.textContent = "Copied";
  } catch {
    // No clipboard for this page: the text is selected, one key away from it.
    getSelection()?.selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => {
    button.textContent = "Copy";
  }, 2000);
}

const themes = ["system", "light", "dark"];
const themeButton = document.getElementById("theme");

/** @param {string} theme */
function setTheme(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  if (themeButton) themeButton.textContent = `Theme: ${theme}`;
  forgetColors();
}

/** A file that was opened from a disk may have no storage. */
const remembered = {
  get() {
    try {
      return localStorage.getItem("matchday-theme") ?? "system";
    } catch {
      return "system";
    }
  },
  /** @param {string} theme */
  set(theme) {
    try {
      localStorage.setItem("matchday-theme", theme);
    } catch {
      // The choice holds until the page is closed.
    }
  },
};

themeButton?.addEventListener("click", () => {
  const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length] ?? "system";
  remembered.set(next);
  setTheme(next);
  repaint();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  forgetColors();
  repaint();
});

/** The width of a printed column, on A4 as on Letter, with usual margins. */
const printWidthPx = 680;
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("td details, th details")) {
    /** @type {HTMLDetailsElement} */ (details).open = true;
  }
  root.dataset.theme = "light";
  forgetColors();
  resizeCharts(printWidthPx);
  repaint();
});
addEventListener("afterprint", () => {
  setTheme(remembered.get());
  resizeCharts();
  repaint();
});

setTheme(remembered.get());
showAll();
drawCharts();
new ResizeObserver(() => resizeCharts()).observe(
  /** @type {Element} */ (document.getElementById("chart-column")),
);
const [, from, to] = /^#t=([\d.]+)-([\d.]+)$/.exec(location.hash) ?? [];
if (from !== undefined && to !== undefined) showRange(Number(from) * 1000, Number(to) * 1000);

Object.assign(window, { matchday: { update } });
root.dataset.ready = "yes";

const liveUrl = document.querySelector('meta[name="matchday-live"]')?.getAttribute("content");
if (liveUrl) follow(liveUrl);
