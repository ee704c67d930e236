// The log of a recorded session: events in the order of their time, of which a view says only what changed.
// What stood on the author's screen at any moment follows from it. Pure: no clock, no page, no network.

/** @typedef {import("../view/sheet.js").Look} Look */
/** @typedef {import("../ui/link.js").Looks} Looks */

/**
 * How the viewer stood. `sample`: the first one not on the screen, with a fraction; `moving`: whether it went on from
 * there, by `fs` * `speed` samples a second (playing may also mean to wait). `sight`: the seconds in sight, and where
 * they began, null = they end with `sample`; `drawn` sample by sample, or as lowest and highest. `filter` and `calipers` as in an address, `screen` in CSS pixels.
 * @typedef {{
 *   sample: number, moving: boolean, playing: boolean, speed: number, fs: number, leads: string[],
 *   looks: Looks, times: Record<string, number>, filter: string, look: Look | null, calipers: string,
 *   sight: { start: number | null, windowS: number, drawn: "samples" | "envelope" | "outline" }, screen: { width: number, height: number },
 * }} View
 */

/**
 * Where the pointer was. `x` of the length of the page, `y` of the height of the picture (0 to 1); on a line also
 * the sample, the lead as it is called there, and the mV above the base line, so that it points at the same beat
 * on another screen. `down`: pressed.
 * @typedef {{ x: number, y: number, sample: number | null, lead: string | null, mv: number | null, down: boolean }} Place
 */

/**
 * An annotation that was made, changed or removed meanwhile; `fs`: what its samples count.
 * @typedef {{
 *   change: "added" | "changed" | "removed", id: string, fs: number, sample: number, stop: number | null,
 *   lead: string | null, symbol: string, text: string,
 * }} Mark
 */

/**
 * `t`: whole milliseconds since the session began, never less than those before.
 * @typedef {{ t: number, kind: "view" } & Partial<View>} ViewEvent
 * @typedef {{ t: number, kind: "pointer", place: Place | null }} PointerEvent
 * @typedef {{ t: number, kind: "mark" } & Mark} MarkEvent
 * @typedef {{ t: number, kind: "note", text: string, sample: number }} NoteEvent
 * @typedef {ViewEvent | PointerEvent | MarkEvent | NoteEvent} Event
 * `place` null = it left the picture.
 */

/** Milliseconds between two words of how the picture stands (viewer.js): what happened between two is as new. */
const TOLD_EVERY = 100;

/** Seconds by which a picture that is played may be elsewhere than it was to be before it was sent there. */
const JUMP_S = 0.5;

/** How the pen moves, from where. @typedef {Pick<View, "sample" | "moving" | "fs" | "speed">} Pen */

/**
 * Where the pen is by what was said of it at `t0`.
 * @param {Pen} pen
 * @param {number} t0
 * @param {number} t
 */
export const penAt = ({ sample, moving, fs, speed }, t0, t) => (moving ? sample + ((t - t0) / 1000) * fs * speed : sample);

/** Whether the pen was set down elsewhere, and did not go there. @param {Pen} before @param {number} expected @param {Pen} after */
export function jumps(before, expected, after) {
    return before.fs !== after.fs || Math.abs(after.sample - expected) > JUMP_S * before.fs * Math.max(1, before.speed);
}

/**
 * What stood on the screen at a moment. `sample`: where the pen was; `pointerT`: when it came to where it is;
 * `jump`: counts how often the pen was set down elsewhere.
 * @typedef {{
 *   view: View, sample: number, pointer: Place | null, pointerT: number, note: NoteEvent | null,
 *   marks: MarkEvent[], jump: number,
 * }} Moment
 */

/** A log that can be asked for any of its moments. */
export class Log {
    /** @type {{ t: number, view: View }[]} */
    #views = [];
    /** @type {{ t: number, pen: Pen, jump: number }[]} */
    #pens = [];
    /** @type {PointerEvent[]} */
    #pointers = [];
    /** @type {NoteEvent[]} */
    #notes = [];
    /** @type {MarkEvent[]} */
    #marks = [];
    #end = 0;
    /** How many events are in it. */
    count = 0;

    /** @param {readonly Event[]} events the first one a whole view @param {number} [end] ms, where it went on after the last */
    constructor(events, end = 0) {
        this.#end = end;
        for (const event of events) this.add(event);
    }

    /** @param {Event} event not before those that are there */
    add(event) {
        this.#end = Math.max(this.#end, event.t);
        this.count++;
        if (event.kind === "pointer") this.#pointers.push(event);
        else if (event.kind === "note") this.#notes.push(event);
        else if (event.kind === "mark") this.#marks.push(event);
        else this.#view(event);
    }

    /** @param {ViewEvent} event */
    #view({ t, kind: _, ...change }) {
        const view = /** @type {View} */ ({ ...this.#views.at(-1)?.view, ...change });
        this.#views.push({ t, view });
        if (change.sample === undefined) return;
        const last = this.#pens.at(-1);
        const jumped = last !== undefined && jumps(last.pen, penAt(last.pen, last.t, t), view);
        this.#pens.push({ t, pen: view, jump: (last?.jump ?? 0) + Number(jumped) });
    }

    /** It has gone on until then. @param {number} end ms */
    extend(end) {
        this.#end = Math.max(this.#end, end);
    }

    /** Milliseconds that it lasts. */
    get end() {
        return this.#end;
    }

    get notes() {
        return this.#notes;
    }

    get empty() {
        return this.#views.length === 0;
    }

    /**
     * Return what stood there `t` milliseconds after the beginning. Raises RangeError where nothing is in it.
     * @param {number} t
     * @returns {Moment}
     */
    at(t) {
        const now = this.#views[Math.max(0, upTo(this.#views, t) - 1)];
        if (!now) throw new RangeError("the log of this session has no view");
        const pen = Math.max(0, upTo(this.#pens, t) - 1);
        const pointer = this.#pointers[upTo(this.#pointers, t) - 1];
        return {
            view: now.view,
            sample: this.#pen(pen, t),
            pointer: pointer?.place ?? null,
            pointerT: pointer?.t ?? 0,
            note: this.#notes[upTo(this.#notes, t) - 1] ?? null,
            marks: this.#marks.slice(0, upTo(this.#marks, t)),
            jump: this.#pens[pen].jump,
        };
    }

    /**
     * Where the pen was: straight on from what was said, and over the last stretch to what was said next.
     * @param {number} here
     * @param {number} t
     */
    #pen(here, t) {
        const now = this.#pens[here];
        const straight = penAt(now.pen, now.t, Math.max(now.t, t));
        const next = this.#pens[here + 1];
        if (!next || next.jump !== now.jump) return straight;
        const from = Math.max(now.t, next.t - TOLD_EVERY);
        if (t <= from) return straight;
        const off = next.pen.sample - penAt(now.pen, now.t, next.t);
        return straight + (off * (t - from)) / (next.t - from);
    }
}

/**
 * Return the annotations that stood there after `marks`: each as it was made or changed last.
 * @param {readonly MarkEvent[]} marks
 */
export function standing(marks) {
    /** @type {Map<string, MarkEvent>} */
    const last = new Map();
    for (const mark of marks) last.set(mark.id, mark);
    return [...last.values()].filter(({ change }) => change !== "removed").sort((a, b) => a.sample - b.sample);
}

/** How many of `events` are not after `t`. @param {readonly { t: number }[]} events in order @param {number} t */
function upTo(events, t) {
    let [low, high] = [0, events.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (events[middle].t <= t) low = middle + 1;
        else high = middle;
    }
    return low;
}
