// Which key does what. Pure.

/** @typedef {import("./ruling.js").Ruling} Ruling */
/** @typedef {"open" | "goTo" | "origin" | "retry" | "print" | "help"} Deed */

/** @type {Record<string, Deed>} */
const DEEDS = { Enter: "open", g: "goTo", o: "origin", r: "retry", p: "print", "?": "help" };

/** Seconds of one step to the side, and of a small one. */
const STEP_S = 1;
const SMALL_S = 0.1;

/** @param {string} key @returns {Deed | null} */
export const deedOf = (key) => DEEDS[key.length === 1 ? key.toLowerCase() : key] ?? null;

/**
 * Return the sample to which a key moves the cursor; null for a key that moves nothing.
 * @param {string} key
 * @param {boolean} small
 * @param {{ cursor: number, ruling: Ruling, page: number }} at `page`: lines of a window
 */
export function moved(key, small, { cursor, ruling, page }) {
    const { fs, perLine, length } = ruling;
    // A slow signal has no sample every tenth of a second.
    const side = Math.max(1, Math.round((small ? SMALL_S : STEP_S) * fs));
    const far = Math.max(1, page - 1) * perLine;
    /** @type {Record<string, number>} */
    const targets = {
        ArrowLeft: cursor - side,
        ArrowRight: cursor + side,
        ArrowUp: cursor - perLine,
        ArrowDown: cursor + perLine,
        PageUp: cursor - far,
        PageDown: cursor + far,
        Home: 0,
        End: length - 1,
    };
    if (!(key in targets)) return null;
    const target = targets[key];
    // Up from the first line there is none: the cursor stays in its column, on the outermost line.
    const lines = key === "ArrowUp" || key === "ArrowDown" || key === "PageUp" || key === "PageDown";
    if (lines && target < 0) return Math.round(cursor - ruling.lineOf(cursor) * perLine);
    return Math.max(0, Math.min(length - 1, Math.round(target)));
}
