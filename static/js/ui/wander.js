// Where the person looks, apart from what is played: begun by a move, ended by one key.

import { moved, within, zoomed } from "../look/moves.js";
import { stretchOf, WINDOW, WINDOW_STEPS } from "../view/geometry.js";

/** @typedef {import("../view/sheet.js").Look} Look */
/** @typedef {import("../messages.js").Status} Status */
/** @typedef {import("../messages.js").Layout} Layout */
/** @typedef {import("../view/geometry.js").Display} Display */

/** The look of one page. */
export class Wander {
    /** @type {Look | null} */
    #look = null;
    #display;
    #told;
    /** @type {Status | null} */
    #status = null;
    /** @type {Layout | null} */
    #layout = null;

    /**
     * @param {{ display: () => Display, told: (look: Look | null) => void }} page `told`: it is elsewhere now
     */
    constructor({ display, told }) {
        this.#display = display;
        this.#told = told;
    }

    /** Where the person looks, null = at what is played. */
    get look() {
        return this.#look;
    }

    /** @param {Status} status */
    status(status) {
        this.#status = status;
    }

    /** @param {Layout} layout */
    layout(layout) {
        this.#layout = layout;
    }

    get #extent() {
        const { fs = 1, length = 0 } = this.#status ?? {};
        return { fs, length };
    }

    /** What is in sight, as a look. @returns {Look | null} */
    get sight() {
        const status = this.#status;
        const layout = this.#layout;
        if (!status?.fs || !layout) return null;
        const { windowS } = layout.scale;
        if (this.#look) return this.#display().mode === "calibrated" ? this.#onPaper(this.#look, windowS) : this.#look;
        if (layout.look) return { start: layout.look.start, windowS };
        return within({ start: status.shown - windowS * status.fs, windowS }, this.#extent);
    }

    /**
     * Calibrated, a page is as long as the screen has paper for, whatever a link or another screen asked for.
     * @param {Look} look
     * @param {number} paperS
     * @returns {Look}
     */
    #onPaper({ start }, paperS) {
        const { fs, length } = this.#extent;
        return { start, windowS: Math.max(WINDOW.least, Math.min(paperS, (length - start) / fs)) };
    }

    /** Stay where one is, whatever is played. */
    stay() {
        const { sight } = this;
        if (sight && !this.#look) this.#go(sight);
    }

    /** Look there. @param {number} start @param {number} [windowS] */
    at(start, windowS) {
        const window = windowS ?? this.sight?.windowS ?? this.#display().windowS;
        this.#go(within({ start, windowS: window }, this.#extent));
    }

    /** Look at what is around a sample. @param {number} sample @param {number} [windowS] */
    around(sample, windowS) {
        const window = windowS ?? this.sight?.windowS ?? this.#display().windowS;
        this.at(sample - (window * this.#extent.fs) / 2, window);
    }

    /** Back to what is played. */
    back() {
        if (this.#look) this.#go(null);
    }

    /** @param {number} fraction of what is in sight, to later times */
    pan(fraction) {
        const { sight } = this;
        if (sight) this.#go(moved(sight, fraction * sight.windowS, this.#extent));
    }

    /** @param {number} seconds */
    panBy(seconds) {
        const { sight } = this;
        if (sight) this.#go(moved(sight, seconds, this.#extent));
    }

    /** @param {number} factor by which the window becomes longer @param {number} anchor 0 left, 1 right */
    zoom(factor, anchor) {
        const { sight } = this;
        if (sight) this.#go(zoomed(sight, factor, anchor, this.#extent));
    }

    /** The next longer or shorter window. @param {1 | -1} way 1 = longer */
    step(way) {
        const { sight } = this;
        if (!sight) return;
        const next = stepped(sight.windowS, way, this.#extent);
        this.zoom(next / sight.windowS, 0.5);
    }

    /** @param {Look | null} look */
    #go(look) {
        this.#look = look;
        this.#told(look);
    }
}

/**
 * Return the next of the usual windows; the whole record is the last one.
 * @param {number} windowS
 * @param {1 | -1} way
 * @param {{ fs: number, length: number }} extent
 */
export function stepped(windowS, way, { fs, length }) {
    const all = length / fs;
    const steps = WINDOW_STEPS.map((step) => step * stretchOf(fs)).filter((step) => step < all * 0.98);
    // Of a record shorter than the window that is usual, longer ones show what is not there.
    const known = [...steps, Math.max(all, steps.at(-1) ?? WINDOW.least)];
    const near = 1e-3 * windowS;
    const next = way > 0 ? known.find((one) => one > windowS + near) : known.findLast((one) => one < windowS - near);
    return next ?? windowS;
}
