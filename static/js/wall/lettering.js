// Words on a canvas that have to fit: made smaller, then cut; a number is never cut.

/** Height of a capital, and of a numeral, for each pixel of a face's size. */
export const CAP = 0.72;

/**
 * Write with letters `cap` px high, their feet at `y`. Returns the width.
 * @param {import("../view/painter.js").Context} ctx
 * @param {string} text
 * @param {{
 *   font: string, x: number, y: number, cap: number, weight?: number, ink: string, most: number,
 *   align?: "left" | "right", least?: number, tailed?: number, whole?: boolean,
 * }} how `most` px wide; `least`: as low may the letters become before the text is cut; `tailed`: of what is
 *   then left, so much is its end; `whole`: as small as it has to be, never cut: a rate of 119 is not one
 */
export function write(ctx, text, { font, x, y, cap, weight = 600, ink, most, align = "left", least = cap, tailed = 0, whole = false }) {
    ctx.font = `${weight} ${Math.round(cap / CAP)}px ${font}`;
    ctx.textBaseline = "alphabetic";
    let shown = text;
    let { width } = ctx.measureText(shown);
    const floor = whole ? 0 : least;
    if (width > most && floor < cap) {
        ctx.font = `${weight} ${Math.max(1, Math.floor(Math.max(floor, (cap * most) / width) / CAP))}px ${font}`;
        ({ width } = ctx.measureText(shown));
    }
    for (let kept = text.length - 1; !whole && width > most && kept > 0; kept--) {
        const tail = Math.floor(kept * tailed);
        shown = `${text.slice(0, kept - tail)}\u2026${text.slice(text.length - tail)}`;
        ({ width } = ctx.measureText(shown));
    }
    ctx.fillStyle = ink;
    ctx.fillText(shown, align === "right" ? x - width : x, y);
    return width;
}
