// Mouse and finger in the picture while one annotates: a click or tap, or a drag where intervals are drawn.

import { change, shape } from "./svg.js";

/** CSS pixels from the corner of the picture. @typedef {{ x: number, y: number }} Spot */
/** @typedef {import("./noteplaces.js").Place} Place */
/**
 * `open`: whether anything is to be done at all; `row`: the row of a lead at a place. `tap` and `drawn` take promises: what moves is asked at once, and answered later.
 * @typedef {{
 *   open: () => boolean, place: (spot: Spot) => Promise<Place | null>, row: (spot: Spot) => { top: number, height: number } | null,
 *   tap: (place: Promise<Place | null>, touch: boolean) => void,
 *   drawn: (from: Promise<Place | null>, to: Promise<Place | null>) => void,
 * }} Work
 */

/** CSS pixels that a pointer may move in a click, and a finger in a tap. */
const CLICK = 4;
const TAP = 10;

export class NoteHand {
    #host;
    #paper;
    #work;
    /** @type {{ pointer: number, from: Spot, place: Promise<Place | null>, moved: boolean, drawing: boolean, touch: boolean } | null} */
    #down = null;
    #band;

    /**
     * @param {HTMLElement} host over the picture, of its size; takes the pointer where intervals are drawn
     * @param {HTMLElement} paper the picture
     * @param {SVGElement} drawing
     * @param {Work} work
     */
    constructor(host, paper, drawing, work) {
        this.#host = host;
        this.#paper = paper;
        this.#work = work;
        this.#band = shape("rect", { class: "noting__band", hidden: "" }, drawing);
        for (const element of [paper, host]) {
            element.addEventListener("pointerdown", (event) => this.#pressed(event, element === host));
            element.addEventListener("pointermove", (event) => this.#moved(event));
            element.addEventListener("pointerup", (event) => this.#released(event));
            element.addEventListener("pointercancel", () => this.drop());
        }
        // Without this a quick drag is a fling too, and the tap after it is taken for its end.
        host.addEventListener("touchstart", (event) => this.#down && event.preventDefault(), { passive: false });
        // The picture below zooms as if nothing lay over it.
        host.addEventListener("wheel", (event) => {
            event.stopPropagation();
            if (!paper.dispatchEvent(new window.WheelEvent(event.type, event))) event.preventDefault();
        }, { passive: false });
    }

    /** What was begun is as if it had not been. */
    drop() {
        this.#down = null;
        this.#band.toggleAttribute("hidden", true);
    }

    /** @param {PointerEvent} event @returns {Spot} */
    #spot({ clientX, clientY }) {
        const { left, top } = this.#paper.getBoundingClientRect();
        return { x: clientX - left, y: clientY - top };
    }

    /** @param {PointerEvent} event @param {boolean} drawing */
    #pressed(event, drawing) {
        if (!this.#work.open() || event.button !== 0) return;
        // A second finger: the paper is zoomed.
        if (this.#down) return this.drop();
        const from = this.#spot(event);
        const touch = event.pointerType === "touch";
        this.#down = { pointer: event.pointerId, from, place: this.#work.place(from), moved: false, drawing, touch };
        if (!drawing) return undefined;
        this.#host.setPointerCapture(event.pointerId);
        return event.preventDefault();
    }

    /** @param {PointerEvent} event */
    #moved(event) {
        const down = this.#down;
        if (!down || event.pointerId !== down.pointer) return;
        const { x, y } = this.#spot(event);
        const slack = down.touch ? TAP : CLICK;
        if (!down.moved && Math.hypot(x - down.from.x, y - down.from.y) < slack) return;
        down.moved = true;
        if (!down.drawing) return;
        const row = this.#work.row(down.from);
        this.#band.toggleAttribute("hidden", !row);
        if (row) change(this.#band, { x: Math.min(x, down.from.x), y: row.top, width: Math.abs(x - down.from.x), height: row.height });
    }

    /** @param {PointerEvent} event */
    #released(event) {
        const down = this.#down;
        if (!down || event.pointerId !== down.pointer) return;
        this.drop();
        if (!down.moved) this.#work.tap(down.place, down.touch);
        // Its row is that of the place where it was begun: a hand goes up and down.
        else if (down.drawing) this.#work.drawn(down.place, this.#work.place({ x: this.#spot(event).x, y: down.from.y }));
    }
}
