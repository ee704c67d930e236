// Whether the picture still moves, and whether to begin again. Pure: time in seconds is an argument.

import { WALL } from "../texts/wall.js";

/** @typedef {import("../ui/memory.js").Store} Store */

/** Seconds without a new picture after which it is said, and after which the page is loaded again. */
const STILL_AFTER = 1.5;
const RELOAD_AFTER = 5;
/** Seconds for the page to draw its first picture. */
const BEGIN_WITHIN = 20;
/** Seconds between two looks that say that the page itself was held up: what it hears is on its way. */
const HELD_UP = 1;
/** Seconds after which a reload counts as long ago. */
const LONG_AGO = 600;

const KEY = "ecgstream.wall.reloaded";

/** @typedef {{ still: number | null, reload: string | null, again: string | null }} Verdict
 * `still`: seconds that the picture has stood; `reload`: why to load the page now; `again`: why it was
 * loaded the last time, while that is to be said. */

/** Looks after the picture. */
export class Watchdog {
    #store;
    #frames = "";
    #moved;
    #looked;
    #began;
    #fault = "";
    #faulted = 0;
    #well;
    #waits = "";
    #late = false;
    #asked = false;

    /** @param {Store} store of the tab @param {number} now */
    constructor(store, now) {
        this.#store = store;
        this.#began = this.#moved = this.#looked = this.#well = now;
    }

    /** A script failed. @param {string} what @param {number} now */
    failed(what, now) {
        if (this.#fault) return;
        this.#fault = what;
        this.#faulted = now;
    }

    /**
     * @param {number} now
     * @param {{ frames: string, seen: boolean, waits?: string }} signs `frames` counts pictures, empty before the
     *   first; `seen`: the page is on the screen, for a hidden one gets no frames; `waits` counts how often the page
     *   said why it cannot begin
     * @returns {Verdict}
     */
    look(now, { frames, seen, waits = "" }) {
        if (waits !== this.#waits) {
            this.#waits = waits;
            this.#began = this.#moved = now;
        }
        const late = now - this.#looked > HELD_UP;
        // Once: a page that is always held up has no other excuse.
        const heldUp = late && !this.#late;
        this.#late = late;
        this.#looked = now;
        if (frames !== this.#frames || !seen || heldUp) {
            this.#frames = frames;
            this.#moved = now;
        }
        const stood = now - this.#moved;
        const begun = this.#frames !== "";
        const limit = begun ? STILL_AFTER : BEGIN_WITHIN;
        const still = stood >= limit ? stood : null;
        let why = null;
        if (begun && stood >= RELOAD_AFTER) why = WALL.stoodStill;
        else if (!begun && now - this.#began >= BEGIN_WITHIN) why = WALL.neverBegan;
        else if (this.#fault && now - this.#faulted >= RELOAD_AFTER) why = WALL.pageFailed(this.#fault);
        const before = recall(this.#store);
        if (why || still !== null || this.#fault) this.#well = now;
        else if (before !== null && now - this.#well >= LONG_AGO) forget(this.#store);
        // Once; and after that only when it has stood so long that there is nothing to lose.
        const stuck = Math.max(stood, this.#fault ? now - this.#faulted : 0, begun ? 0 : now - this.#began);
        const may = before === null || stuck >= LONG_AGO;
        return { still, reload: why !== null && may && !this.#asked ? why : null, again: before };
    }

    /** It will be loaded again. @param {string} why */
    reloading(why) {
        this.#asked = true;
        try {
            this.#store.setItem(KEY, why.slice(0, 200));
        } catch {
            // Full: then it may be loaded twice.
        }
    }

    /** It could not be loaded: the server does not answer. */
    notNow() {
        this.#asked = false;
    }

    /** Somebody is about to ask the server whether it can be loaded. */
    asking() {
        this.#asked = true;
    }
}

/** @param {Store} store */
function recall(store) {
    try {
        return store.getItem(KEY);
    } catch {
        return null;
    }
}

/** @param {Store} store */
function forget(store) {
    try {
        store.removeItem(KEY);
    } catch {
        // Then there is nothing to forget.
    }
}
