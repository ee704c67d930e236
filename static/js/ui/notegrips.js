// Handles of the annotation chosen, in a picture that stands still: moved by mouse, finger and arrow keys.

import { placeWords } from "../measure/words.js";
import { inSight, sampleAt, xOf } from "../measure/places.js";
import { NOTES } from "../texts/notes.js";
import { change, shape } from "./svg.js";

/** @typedef {import("../notes/note.js").Note} Note */
/** @typedef {"sample" | "stop"} Side */
/**
 * `move`: a side to a sample of the rate that is shown; moves with one `gesture` belong together.
 * @typedef {{ move: (side: Side, sample: number, gesture: string) => void, moved: () => void }} Work
 */

/** CSS pixels: of a handle, and of what a finger takes hold of. */
const RADIUS = 8;
const REACH = { fine: 12, coarse: 22 };
/** How far a handle is from the lower edge of its row, where words may stand: a part of the row, and CSS pixels at the most. */
const UP = { part: 0.25, most: 40 };

/** Counts the moves of hands: each is undone by itself. */
let moves = 0;

export class NoteGrips {
    #places;
    #work;
    #group;
    /** @type {Record<Side, { lines: SVGGElement, grip: SVGGElement } | null>} */
    #sides = { sample: null, stop: null };
    /** What is to have the focus once it is there. @type {Side | null} */
    #wanted = null;
    #fs = 1;
    /** @type {{ side: Side, pointer: number, dx: number, gesture: string } | null} */
    #held = null;
    #coarse = window.matchMedia("(pointer: coarse)").matches;

    /**
     * @param {SVGSVGElement} drawing
     * @param {import("./noteplaces.js").NotePlaces} places
     * @param {Work} work
     */
    constructor(drawing, places, work) {
        this.#places = places;
        this.#work = work;
        this.#group = shape("g", {}, drawing);
    }

    /** Which side an element is the handle of. @param {EventTarget | null} element @returns {Side | null} */
    sideOf(element) {
        return /** @type {Side[]} */ (["sample", "stop"]).find((side) => this.#sides[side]?.grip === element) ?? null;
    }

    /** Focus a handle now, or once the picture shows it. @param {Side} side */
    focus(side) {
        this.#wanted = side;
        this.#focus();
    }

    #focus() {
        const wanted = this.#wanted && this.#sides[this.#wanted];
        if (!wanted || wanted.grip.hasAttribute("hidden")) return;
        this.#wanted = null;
        wanted.grip.focus({ preventScroll: true });
    }

    /** @param {Note | null} note null = none is chosen @param {{ by: number, fs: number, length: number }} rate as `noteLayer` has it; `length` at the record's */
    show(note, { by, fs, length }) {
        this.#fs = fs;
        if (!note) this.#wanted = null;
        this.#side("sample", note, note?.sample ?? null, by, length);
        this.#side("stop", note, note?.stop ?? null, by, length);
        this.#focus();
    }

    /** @param {Side} side @param {Note | null} note @param {number | null} place @param {number} by @param {number} length */
    #side(side, note, place, by, length) {
        const picture = this.#places.still;
        const { dpr } = this.#places;
        if (!note || place === null) {
            this.#sides[side]?.lines.remove();
            this.#sides[side]?.grip.remove();
            this.#sides[side] = null;
            // A handle that went while it was held hears of no hand any more: still held, none could be taken again.
            if (this.#held?.side === side) this.#held = null;
            return;
        }
        const { lines, grip } = (this.#sides[side] ??= this.#made(side));
        const sample = place * by;
        const cells = picture ? this.#places.cells(picture, note.lead).filter((cell) => inSight(picture, cell, sample)) : [];
        grip.toggleAttribute("hidden", !cells.length);
        if (!picture || !cells.length) {
            lines.replaceChildren();
            return;
        }
        const x = xOf(picture, sample) / dpr;
        const rows = cells.map(({ row }) => picture.rows[row]);
        lines.replaceChildren(
            ...rows.map(({ top, height }) => shape("line", { class: "noting__edge", x1: x, x2: x, y1: top / dpr, y2: (top + height) / dpr })),
        );
        const last = rows.reduce((low, row) => (row.top > low.top ? row : low));
        const y = (last.top + last.height) / dpr - Math.min(UP.most, (UP.part * last.height) / dpr);
        for (const circle of grip.children) change(circle, { cx: x, cy: y });
        const point = note.stop === null;
        change(grip, {
            "aria-label": point ? NOTES.handle : side === "sample" ? NOTES.handleStart : NOTES.handleStop,
            "aria-valuemin": 0, "aria-valuemax": length, "aria-valuenow": place, "aria-valuetext": placeWords(place, this.#fs),
        });
    }

    /** @param {Side} side */
    #made(side) {
        const lines = shape("g", { "aria-hidden": "true" }, this.#group);
        const grip = shape("g", { class: "noting__grip", role: "slider", tabindex: 0, "data-side": side }, this.#group);
        shape("circle", { class: "noting__reach", r: this.#coarse ? REACH.coarse : REACH.fine }, grip);
        shape("circle", { class: "noting__disc", r: RADIUS }, grip);
        grip.addEventListener("pointerdown", (event) => this.#down(event, side, grip));
        grip.addEventListener("pointermove", (event) => this.#drag(event, side));
        grip.addEventListener("pointerup", (event) => this.#up(event));
        grip.addEventListener("pointercancel", (event) => this.#up(event));
        grip.addEventListener("lostpointercapture", (event) => this.#up(event));
        grip.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
        return { lines, grip };
    }

    /** @param {PointerEvent} event */
    #x({ clientX }) {
        return clientX - (this.#group.ownerSVGElement?.getBoundingClientRect().left ?? 0);
    }

    /** @param {PointerEvent} event @param {Side} side @param {SVGGElement} grip */
    #down(event, side, grip) {
        if (event.button !== 0 || this.#held) return;
        event.preventDefault();
        event.stopPropagation();
        grip.setPointerCapture(event.pointerId);
        grip.focus({ preventScroll: true });
        const { cx } = /** @type {SVGCircleElement} */ (grip.firstElementChild);
        this.#held = { side, pointer: event.pointerId, dx: cx.baseVal.value - this.#x(event), gesture: `hand ${moves++}` };
    }

    /** @param {PointerEvent} event @param {Side} side */
    #drag(event, side) {
        const held = this.#held;
        const picture = this.#places.still;
        if (!held || event.pointerId !== held.pointer || !picture) return;
        event.stopPropagation();
        this.#work.move(side, sampleAt(picture, (this.#x(event) + held.dx) * this.#places.dpr), held.gesture);
    }

    /** @param {PointerEvent} event */
    #up(event) {
        if (event.pointerId !== this.#held?.pointer) return;
        event.stopPropagation();
        this.#held = null;
        this.#work.moved();
    }
}
