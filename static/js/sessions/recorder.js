// What a viewer does, written down: only what changed, each with its time. Pure: time is an argument.

import { penAt } from "./log.js";

/** @typedef {import("./log.js").View} View */
/** @typedef {import("./log.js").Event} Event */
/** @typedef {import("./log.js").Place} Place */
/** @typedef {import("./log.js").Mark} Mark */

/** Milliseconds between two places of the pointer: a hand is not seen to move faster, and it stays within 50. */
const POINTER_EVERY = 25;

/** Seconds by which the pen may be beside what follows from the log before it is written where it is. */
const ASTRAY_S = 0.02;

/** Milliseconds that an event may come late, behind one with a later time: until then none leaves. */
export const SETTLES = 200;

/** Writes a log. Times are milliseconds on one clock, such as those since 1970. */
export class Recorder {
    #start;
    /** What changed is told from these. @type {Partial<View>} */
    #view = {};
    /** When `sample` was written last. */
    #penned = 0;
    /** Written and not taken yet, by their times. @type {Event[]} */
    #waiting = [];
    #taken = 0;
    #pointed = -Infinity;
    #down = false;
    /** The last place of the pointer, if it came too soon after the one before. @type {{ place: Place, at: number } | null} */
    #held = null;

    /** @param {number} start */
    constructor(start) {
        this.#start = start;
    }

    /** Milliseconds that it has lasted at `now`. @param {number} now */
    lasted(now) {
        return Math.max(this.#taken, Math.round(now - this.#start));
    }

    /**
     * The viewer stands so.
     * @param {View} view
     * @param {{ told: number, now: number }} when `told`: when the pen stood there; `now`: of everything else
     */
    view({ sample, moving, ...rest }, { told, now }) {
        /** @type {Record<string, unknown>} */
        const change = {};
        const was = /** @type {Record<string, unknown>} */ (this.#view);
        for (const [name, value] of Object.entries(rest)) {
            if (JSON.stringify(was[name]) !== JSON.stringify(value)) change[name] = value;
        }
        const { fs, speed } = rest;
        if (this.#view.sample === undefined) {
            const begun = penAt({ sample, moving, fs, speed }, told, this.#start);
            this.#pen({ ...rest, sample: begun, moving }, this.#start);
            this.#write(this.#start, { kind: "view", ...change, ...this.#said });
            return;
        }
        const turned = moving !== this.#view.moving || "speed" in change || "fs" in change;
        const due = penAt(/** @type {View} */ (this.#view), this.#penned, told);
        if (turned || Math.abs(sample - due) > (moving ? ASTRAY_S * fs * speed : 0.5)) {
            // What the pace follows from is said with it, and everything else when it was so.
            const pace = turned ? { speed, fs } : {};
            this.#pen({ ...rest, sample, moving }, told);
            this.#write(told, { kind: "view", ...this.#said, ...pace });
            delete change["speed"];
            delete change["fs"];
        }
        Object.assign(this.#view, rest);
        if (Object.keys(change).length) this.#write(now, { kind: "view", ...change });
    }

    /** @param {View} view @param {number} at */
    #pen(view, at) {
        this.#view = view;
        this.#penned = at;
    }

    /** What is said of the pen. */
    get #said() {
        const { sample = 0, moving } = this.#view;
        return { sample: Math.round(sample * 100) / 100, moving };
    }

    /** @param {Place | null} place null = it left @param {number} at */
    pointer(place, at) {
        const pressed = (place?.down ?? false) !== this.#down;
        this.#down = place?.down ?? false;
        if (place && !pressed && at - this.#pointed < POINTER_EVERY) {
            this.#held = { place, at };
            return;
        }
        // Where it stood still is written; where it went through can be seen from what lies around.
        if (at - (this.#held?.at ?? at) >= POINTER_EVERY) this.#rest();
        this.#held = null;
        this.#point(place, at);
    }

    #rest() {
        if (this.#held) this.#point(this.#held.place, this.#held.at);
        this.#held = null;
    }

    /** @param {Place | null} place @param {number} at */
    #point(place, at) {
        this.#pointed = at;
        this.#write(at, { kind: "pointer", place });
    }

    /** @param {string} text @param {number} sample that was on the screen @param {number} at */
    note(text, sample, at) {
        this.#write(at, { kind: "note", text, sample: Math.floor(sample) });
    }

    /** @param {Mark} mark @param {number} at */
    mark(mark, at) {
        this.#write(at, { kind: "mark", ...mark });
    }

    /** @param {number} at @param {{ kind: string } & Record<string, unknown>} event */
    #write(at, event) {
        const { kind, ...rest } = event;
        const t = Math.max(this.#taken, Math.round(at - this.#start));
        const made = /** @type {Event} */ (/** @type {unknown} */ ({ t, kind, ...rest }));
        let place = this.#waiting.length;
        while (place > 0 && this.#waiting[place - 1].t > t) place--;
        this.#waiting.splice(place, 0, made);
    }

    /**
     * Return what is settled at `now`, in order; it is not kept here any more. At the end all is.
     * @param {number} now
     * @param {{ all?: boolean }} [how]
     * @returns {Event[]}
     */
    take(now, { all = false } = {}) {
        if (this.#held && (all || now - this.#held.at >= POINTER_EVERY)) this.#rest();
        const until = all ? Infinity : Math.round(now - this.#start) - SETTLES;
        let count = 0;
        while (count < this.#waiting.length && this.#waiting[count].t <= until) count++;
        const taken = this.#waiting.splice(0, count);
        this.#taken = Math.max(this.#taken, taken.at(-1)?.t ?? 0);
        return taken;
    }
}
