// The picture as it stands at a moment, to point at.

import { hasColumns } from "../view/sheets.js";
import { part } from "./page.js";

/** Milliseconds since 1970, on a clock that nobody sets: that of the worker too. */
export const epoch = () => performance.timeOrigin + performance.now();

/**
 * Return the picture at `at`; null before there is one. `box`: where it stands in the window.
 * @param {import("./desk.js").Desk} desk
 * @param {number} at
 */
export function seenOn({ layout, status, ways }, at) {
    if (!layout || !status?.fs) return null;
    const { motion, sheet } = ways.stands().display;
    const box = part("paper", HTMLCanvasElement).getBoundingClientRect();
    const dpr = window.devicePixelRatio || 1;
    const moves = status.playing && status.held === null && !status.ended;
    const shown = status.shown + (moves ? (Math.max(0, at - status.at) / 1000) * status.fs * status.speed : 0);
    return { picture: layout, height: box.height * dpr, shown, scrolls: motion === "scroll" && !hasColumns(sheet), box, dpr };
}
