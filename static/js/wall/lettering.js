// Words on a canvas that have to fit: made smaller, then cut.

/** Height of a capital, and of a numeral, for each pixel of a face's size. */
export const CAP = 0.72;

/**
 * Write with letters `cap` px high, their feet at `y`. Returns the width.
 * @param {import("../view/painter.js").Context} ctx
 * @param {string} text
 * @param {{
 *   font: string, x: number, y: number, cap: number, weight?: number, ink: string, most: number,
 *   align?: "left" | "right", least?: number, tailed?: number,
 * }} how `most` px wide; `least`: as low may the letters become before the text is cut; `tailed`: of what is
 *   then left, so much is its end
 */
export function write(ctx, text, { font, x, y, cap, weight = 600, ink, most, align = "left", least = cap, tailed = 0 }) {
    ctx.font = `${weight} ${Math.round(cap / CAP)}px ${font}`;
    ctx.textBaseline = "alphabetic";
    let shown = text;
    let { width } = ctx.measureText(shown);
    if (width > most && least < cap) {
        ctx.font = `${weight} ${Math.floor(Math.max(least, (cap * most) / width) / CAP)}px ${font}`;
        ({ width } = ctx.measureText(shown));
    }
    for (let kept = text.length - 1; width > most && kept > 0; kept--) {
        const tail = Math.floor(kept * tailed);
        shown = `${text.slice(0, kept - tail)}\u2026${text.slice(text.length - tail)}`;
        ({ width } = ctx.measureText(shown));
    }
    ctx.fillStyle = ink;
    ctx.fillText(shown, align === "right" ? x - width : x, y);
    return width;
}
