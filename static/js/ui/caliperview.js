// One caliper in the overlay. Its handles stay the same elements as long as it lives: the focus is on them.

import { MEASURE } from "../texts/measure.js";
import { labelLines, markLetter, markName, mvWords, placeWords, spokenWords } from "../measure/words.js";
import { change, shape as make } from "./svg.js";

/** @typedef {import("../measure/labels.js").Box} Box */
/** @typedef {import("../measure/shape.js").Shape} Shape */
/** @typedef {import("../measure/words.js").Measured} Measured */

/** CSS pixels between a label's words and its edge. */
const PADDING = 5;

export class CaliperView {
    #lines;
    #label;
    #ground;
    #text;
    #handles;
    /** @type {(SVGGElement | null)[]} */
    #grips = [];
    #words = "";
    #size = { width: 0, height: 0 };
    #drawn = "";
    /** @type {Shape | null} */
    #seen = null;
    /** What can be taken hold of; null = nothing. @type {Shape | null} */
    shape = null;

    /** @param {{ lines: SVGGElement, labels: SVGGElement, handles: SVGGElement }} layers */
    constructor({ lines, labels, handles }) {
        this.#lines = make("g", { class: "caliper" }, lines);
        this.#label = make("g", { class: "caliper__label" }, labels);
        this.#ground = make("rect", { class: "caliper__ground", rx: 4 }, this.#label);
        this.#text = make("text", {}, this.#label);
        this.#handles = make("g", { class: "caliper__handles" }, handles);
    }

    remove() {
        this.#lines.remove();
        this.#label.remove();
        this.#handles.remove();
    }

    /**
     * Show it.
     * @param {Measured} measured
     * @param {Shape | null} seen null = out of sight
     * @param {{ movable: boolean, sight: { start: number, stop: number }, heightOf: (index: number) => number | null }} how
     */
    show(measured, seen, { movable, sight, heightOf }) {
        this.#seen = seen;
        this.shape = movable ? seen : null;
        change(this.#lines, { "data-kind": measured.caliper.kind, "data-number": measured.number });
        this.#label.toggleAttribute("hidden", !seen);
        this.#draw(seen);
        // Words that are not to be seen have no size.
        if (seen) this.#write(measured);
        measured.caliper.marks.forEach((mark, index) => {
            const grip = seen?.grips.find((one) => one.index === index);
            const element = this.#grip(index, mark !== null);
            if (!element) return;
            // Out of sight it is out of the way of the Tab key too.
            element.toggleAttribute("hidden", !grip || !movable);
            if (!grip || !mark) return;
            const [stem, circle, letter] = element.children;
            change(stem, { x1: grip.markX, y1: grip.markY, x2: grip.x, y2: grip.y });
            change(circle, { cx: grip.x, cy: grip.y, r: grip.radius });
            change(letter, { x: grip.x, y: grip.y });
            const words = markLetter(measured.caliper, index) || String(measured.number);
            if (letter.textContent !== words) letter.textContent = words;
            const mv = heightOf(index);
            const told = MEASURE.handleSays(
                measured.caliper.lead, placeWords(mark.sample, measured.fs || 1), mv === null ? null : MEASURE.mv(mvWords(mv)), spokenWords(measured),
            );
            change(element, {
                "aria-label": MEASURE.handle(measured.number, markName(measured.caliper, index)),
                "aria-valuenow": mark.sample, "aria-valuetext": told,
                "aria-valuemin": Math.max(0, Math.ceil(sight.start)), "aria-valuemax": Math.floor(sight.stop),
            });
        });
    }

    /** @param {Shape | null} seen */
    #draw(seen) {
        const drawn = JSON.stringify(seen && [seen.lines, seen.dots]);
        if (drawn === this.#drawn) return;
        this.#drawn = drawn;
        const lines = seen?.lines ?? [];
        this.#lines.replaceChildren(
            ...lines.map(({ role, ...ends }) => make("line", { class: `caliper__${role}`, ...ends })),
            // Wide enough for a mouse, and not to be seen.
            ...lines.flatMap(({ role, ...ends }) => (role === "edge" ? [make("line", { class: "caliper__catch", ...ends })] : [])),
            ...(seen?.dots ?? []).map(({ x, y }) => make("circle", { class: "caliper__dot", cx: x, cy: y, r: 3 })),
        );
    }

    /** @param {Measured} measured */
    #write(measured) {
        const lines = labelLines(measured).map((line, i) => (i === 0 ? `${measured.number}  ${line}` : line));
        const words = lines.join("\n");
        if (words === this.#words) return;
        this.#words = words;
        this.#text.replaceChildren(
            ...lines.map((line, i) => {
                const span = make("tspan", { x: PADDING, dy: i === 0 ? "1em" : "1.25em" });
                span.textContent = line;
                return span;
            }),
        );
        const { width, height } = this.#text.getBBox();
        this.#size = { width: Math.ceil(width) + 2 * PADDING, height: Math.ceil(height) + PADDING };
        change(this.#ground, this.#size);
    }

    /** Where its label may stand, what is liked best first; empty without one. @returns {Box[]} */
    get wished() {
        if (!this.#words || !this.#seen) return [];
        const { first, last, top, bottom, middle } = this.#seen.label;
        const { width, height } = this.#size;
        const ys = middle === null ? [top, bottom - height] : [middle - height / 2];
        return ys.flatMap((y) => [{ x: last, y, width, height }, { x: first - width, y, width, height }]);
    }

    /** @param {Box} box */
    label({ x, y }) {
        change(this.#label, { transform: `translate(${x} ${y})` });
    }

    /** The element of a handle, made when its mark is first set. @param {number} index @param {boolean} set */
    #grip(index, set) {
        const there = this.#grips[index];
        if (there || !set) {
            if (there && !set) {
                there.remove();
                this.#grips[index] = null;
            }
            return set ? there : null;
        }
        const grip = make("g", { class: "grip", role: "slider", tabindex: 0, "data-index": index });
        make("line", { class: "grip__stem" }, grip);
        make("circle", { class: "grip__disc" }, grip);
        make("text", { class: "grip__letter", "aria-hidden": "true" }, grip);
        const next = this.#grips.slice(index + 1).find((one) => one);
        this.#handles.insertBefore(grip, next ?? null);
        this.#grips[index] = grip;
        return grip;
    }

    /** Whose handle an element is; -1 = none of its. @param {EventTarget | null} element */
    indexOf(element) {
        return this.#grips.findIndex((grip) => grip !== null && grip === element);
    }

    /** @param {number} index */
    focus(index) {
        this.#grips[index]?.focus({ preventScroll: true });
    }
}
