// The calipers of a view as the server draws them on a page. Pure.

import { forPage } from "../measure/words.js";

/** @typedef {import("../measure/words.js").Measured} Measured */
/** @typedef {import("../measure/words.js").OnPage} OnPage */

// What the server takes (ecgstream/archive/ordering.py).
const MOST = 50;
const TEXT_MOST = 200;

/**
 * Return what of the calipers is in sight, as the server draws it, and how many calipers are left out: those out of
 * sight, those that measure nothing, and those beyond what a page takes.
 * @param {{ start: number, stop: number, measured: Measured[] }} view
 * @returns {{ drawn: OnPage[], left: number }}
 */
export function measuredFor({ start, stop, measured }) {
    /** @type {OnPage[]} */
    const drawn = [];
    let left = 0;
    for (const one of measured) {
        const seen = forPage([one]).filter(({ from, to }) => Math.min(from, to) < stop && Math.max(from, to) >= start);
        if (!seen.length || drawn.length + seen.length > MOST) left++;
        else drawn.push(...seen.map((interval) => ({ ...interval, text: interval.text.slice(0, TEXT_MOST) })));
    }
    return { drawn, left };
}
