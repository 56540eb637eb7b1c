/** The colours of the page's own style, for the canvases. */

const probe = document.createElement("span");
probe.hidden = true;

/** @type {Map<string, string>} */
const known = new Map();

/** @param {string} name of a custom property, without the dashes */
export function color(name) {
  const before = known.get(name);
  if (before !== undefined) return before;
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${name})`;
  const resolved = getComputedStyle(probe).color;
  known.set(name, resolved);
  return resolved;
}

/** After a change of theme. */
export function forgetColors() {
  known.clear();
}

/**
 * Diagonal lines, so that areas are told apart without colour.
 * @param {CanvasRenderingContext2D} context
 * @param {string} stroke
 * @param {number} gap in device pixels
 * @param {number} width in device pixels
 * @param {string} [ground] what is between the lines; nothing unless given
 */
export function hatch(context, stroke, gap, width, ground) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = gap;
  const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  if (ground) {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, gap, gap);
  }
  pen.strokeStyle = stroke;
  pen.lineWidth = width;
  pen.beginPath();
  for (const shift of [-gap, 0, gap]) {
    pen.moveTo(shift, gap);
    pen.lineTo(shift + gap, 0);
  }
  pen.stroke();
  return /** @type {CanvasPattern} */ (context.createPattern(tile, "repeat"));
}
