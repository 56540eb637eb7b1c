import { html, type Markup } from "../markup.ts";
import { noFigure } from "../words.ts";

/** How many of what was judged held. */
export function tally(judged: { ok: boolean | null }[]): Markup | false {
  if (judged.length === 0) return false;
  const exercised = judged.filter(({ ok }) => ok !== null);
  const held = exercised.filter(({ ok }) => ok).length;
  const left = judged.length - exercised.length;
  return html` <span class="tally">${held} of ${exercised.length} held${left > 0 && `, ${left} not exercised`}</span>`;
}

/** Held, failed, or not exercised: by its sign, and by its name for who cannot see it. */
export function mark(ok: boolean | null): Markup {
  const [glyph, word, name] =
    ok === null ? [noFigure, "not exercised", "open"] : ok ? ["✓", "held", "pass"] : ["✗", "failed", "fail"];
  return html`<span class="mark is-${name}" role="img" aria-label="${word}" title="${word}">${glyph}</span>`;
}
