// Mouse and finger on the calipers: takes hold of a mark, or begins a new one, and moves it until it is let go.

import { mvAt, sampleAt, yOf } from "../measure/places.js";

/** @typedef {import("../measure/calipers.js").Caliper} Caliper */
/** @typedef {import("../measure/calipers.js").Mark} Mark */
/** @typedef {import("../measure/places.js").Cell} Cell */
/** @typedef {import("../measure/places.js").Still} Still */
/** CSS pixels from the overlay's corner. @typedef {{ x: number, y: number }} Place */

/**
 * A mark held. `dx`, `dy`: from the pointer to the mark, kept: the handle of a finger lies beside what it moves.
 * `fresh`: it was placed just now.
 * @typedef {{ caliper: Caliper, index: number, cell: Cell, dx: number, dy: number, fresh: boolean }} Held
 */

/**
 * What a hand works on. `take` returns what is held at a place, or was placed there; null where nothing is, and
 * "refused" where that was said.
 * @typedef {{
 *   picture: () => Still | null, dpr: () => number, touched: (touch: boolean) => void,
 *   take: (at: Place, touch: boolean) => Held | "refused" | null,
 *   move: (held: Held, at: number, mv: number) => void,
 *   letGo: (held: Held, moved: boolean) => void, undo: (held: Held, before: Mark | null) => void,
 * }} Work
 */

/** CSS pixels that a pointer may move in a click. */
const CLICK = 4;

export class Hand {
    #host;
    #work;
    #loupe;
    /** @type {Held & { pointer: number, from: Place, moved: boolean, before: Mark | null, touch: boolean } | null} */
    #held = null;

    /**
     * @param {HTMLElement} host
     * @param {Work} work
     * @param {import("./loupe.js").Loupe} loupe
     */
    constructor(host, work, loupe) {
        this.#host = host;
        this.#work = work;
        this.#loupe = loupe;
        host.addEventListener("pointerdown", (event) => this.#down(event));
        host.addEventListener("pointermove", (event) => this.#moved(event));
        host.addEventListener("pointerup", (event) => this.#up(event));
        // The pointer event comes first. Without this a quick drag is a fling too, and the tap after it is taken for its end.
        host.addEventListener("touchstart", (event) => this.#held && event.preventDefault(), { passive: false });
        host.addEventListener("pointercancel", (event) => {
            if (event.pointerId === this.#held?.pointer) this.undo();
        });
    }

    /** The caliper that is held; null = none. */
    get caliper() {
        return this.#held?.caliper ?? null;
    }

    /** Let go without a word: the mark is no longer. */
    drop() {
        this.#held = null;
        this.#loupe.hide();
    }

    /** Leave the mark where it is: what is held is no longer under the pointer. */
    end() {
        const held = this.#held;
        this.drop();
        if (held) this.#work.letGo(held, held.moved);
    }

    /** What was begun is as if it had not been. */
    undo() {
        const held = this.#held;
        this.drop();
        if (held) this.#work.undo(held, held.before);
    }

    /** @param {PointerEvent} event @returns {Place} */
    #place(event) {
        const { left, top } = this.#host.getBoundingClientRect();
        return { x: event.clientX - left, y: event.clientY - top };
    }

    /** @param {PointerEvent} event */
    #down(event) {
        if (event.button !== 0) return;
        const touch = event.pointerType === "touch";
        if (!this.#held) {
            this.#work.touched(touch);
            const at = this.#place(event);
            const taken = this.#work.take(at, touch);
            // Nobody's: the page may pan.
            if (!taken) return;
            if (taken !== "refused") {
                const before = taken.fresh ? null : taken.caliper.marks[taken.index];
                this.#held = { ...taken, before, pointer: event.pointerId, from: at, moved: false, touch };
                this.#host.setPointerCapture(event.pointerId);
            }
        }
        // The focus was put where it belongs, and the page below would pan.
        event.preventDefault();
        event.stopPropagation();
    }

    /** @param {PointerEvent} event */
    #moved(event) {
        const held = this.#held;
        const picture = this.#work.picture();
        if (!held || event.pointerId !== held.pointer || !picture) return;
        event.stopPropagation();
        const at = this.#place(event);
        if (!held.moved && Math.hypot(at.x - held.from.x, at.y - held.from.y) < CLICK) return;
        held.moved = true;
        const { caliper, index, cell, dx, dy } = held;
        const dpr = this.#work.dpr();
        // Never beside the lead's own stretch: what cannot be seen cannot be measured.
        const x = Math.max(cell.x, Math.min(cell.x + cell.width - 1, (at.x + dx) * dpr));
        this.#work.move(held, sampleAt(picture, x), mvAt(picture, cell, (at.y + dy) * dpr));
        if (!held.touch) return;
        const mv = caliper.marks[index]?.mv ?? null;
        const y = mv === null ? at.y + dy : yOf(picture, cell, mv) / dpr;
        this.#loupe.show({ x: x / dpr, y }, { width: this.#host.clientWidth, dpr });
    }

    /** @param {PointerEvent} event */
    #up(event) {
        const held = this.#held;
        if (!held || event.pointerId !== held.pointer) return;
        event.stopPropagation();
        this.end();
    }
}
