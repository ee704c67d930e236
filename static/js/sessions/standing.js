// How the viewer stands, for a log; and what a log says, as the server writes it.

import { written } from "../filter/presets.js";

/** @typedef {import("./log.js").View} View */
/** @typedef {import("./log.js").Event} Event */
/**
 * @typedef {{
 *   status: import("../messages.js").Status, layout: import("../messages.js").Layout,
 *   sight: import("../view/sheet.js").Look, screen: { width: number, height: number },
 *   display: import("../view/geometry.js").Display, look: import("../view/sheet.js").Look | null, calipers: string,
 * }} Standing
 */

/** Longer than any record: what an address refuses. */
const FINITE = 1e8;

/**
 * Return the view. What is drawn of a picture that is not there yet is what it was before (`drawn`).
 * @param {Standing} standing
 * @param {"samples" | "envelope" | "outline"} drawn
 * @returns {View}
 */
export function viewOf({ status, layout, sight, screen, display, look, calipers }, drawn) {
    const { mode, windowS, mmPerS, mmPerMv, motion, sheet } = display;
    return {
        sample: Math.max(0, status.shown),
        moving: status.playing && status.held === null && !status.ended,
        playing: status.playing,
        speed: status.speed,
        fs: status.fs,
        leads: layout.stored,
        looks: { mode, windowS, mmPerS, mmPerMv, motion, sheet },
        times: display.times,
        filter: written(display.filter),
        look,
        calipers,
        sight: { start: look || layout.look ? sight.start : null, windowS: Math.min(FINITE, sight.windowS), drawn },
        screen,
    };
}

/** The names that a log has on the wire, where they differ. */
const NAMES = /** @type {const} */ ([["windowS", "window_s"], ["mmPerS", "mm_per_s"], ["mmPerMv", "mm_per_mv"]]);
/** The parts of a view in which they stand. Names of leads, in `times`, are never touched. */
const PARTS = ["looks", "look", "sight"];

/** @param {any} event @param {0 | 1} from @param {0 | 1} to @returns {any} */
function renamed(event, from, to) {
    if (event.kind !== "view") return event;
    const made = { ...event };
    for (const part of PARTS) {
        if (!made[part]) continue;
        made[part] = Object.fromEntries(
            Object.entries(made[part]).map(([name, value]) => [NAMES.find((one) => one[from] === name)?.[to] ?? name, value]),
        );
    }
    return made;
}

/** @param {Event} event @returns {Record<string, unknown>} */
export const toWire = (event) => renamed(event, 0, 1);

/** @param {Record<string, unknown>} event @returns {Event} */
export const fromWire = (event) => renamed(event, 1, 0);
