// One quiet line a step, with its seconds; on a terminal, a last line that says what is still going on.
const out = process.stderr;

/** @type {Map<string, number>} */
const active = new Map();
/** @type {NodeJS.Timeout | undefined} */
let ticking;
let drawn = false;

const seconds = (/** @type {number} */ fromMs) =>
  `${Math.max(1, Math.round((performance.now() - fromMs) / 1000))} s`;

function draw() {
  if (!out.isTTY) return;
  const steps = [...active].map(([title, fromMs]) => `${title} ${seconds(fromMs)}`).join(" · ");
  out.write(`\r\u001b[K  ${steps}`.slice(0, (out.columns ?? 80) + 4));
  drawn = true;
}

function erase() {
  if (drawn) out.write("\r\u001b[K");
  drawn = false;
}

/** @param {string} line */
export function say(line) {
  erase();
  out.write(`${line}\n`);
  if (active.size > 0) draw();
}

/**
 * Runs one step and says how it ended.
 * @param {string} title
 * @param {() => Promise<string>} work resolves to a detail for the line
 */
export async function step(title, work) {
  const fromMs = performance.now();
  active.set(title, fromMs);
  ticking ??= setInterval(draw, 1000).unref();
  draw();
  try {
    const detail = await work();
    active.delete(title);
    say(`  ✓ ${title}${detail ? ` ${detail}` : ""} (${seconds(fromMs)})`);
  } catch (error) {
    active.delete(title);
    say(`  ✗ ${title} (${seconds(fromMs)})`);
    throw error;
  } finally {
    if (active.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
      erase();
    }
  }
}
