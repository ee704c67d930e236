// What is drawn of the calipers: lines under labels under handles, so that no label is struck through.

import { best, covered } from "../measure/labels.js";
import { cellOf, sightOf } from "../measure/places.js";
import { shapeOf } from "../measure/shape.js";
import { MEASURE } from "../texts/measure.js";
import { CaliperView } from "./caliperview.js";
import { shape } from "./svg.js";

/** @typedef {import("../measure/calipers.js").Caliper} Caliper */
/** @typedef {import("../measure/places.js").Still} Still */
/** @typedef {import("../measure/sheet.js").Sheet} Sheet */

/** `large`: whether a mark has a handle for a finger. @typedef {{ width: number, height: number, dpr: number, movable: boolean, large: (caliper: Caliper, index: number) => boolean }} How */

export class CaliperLayer {
    #host;
    #sheet;
    #layers;
    /** @type {Map<number, CaliperView>} */
    #views = new Map();

    /**
     * @param {HTMLElement} host
     * @param {Sheet} sheet
     */
    constructor(host, sheet) {
        this.#host = host;
        this.#sheet = sheet;
        const svg = shape("svg", { class: "calipers__drawing", role: "group", "aria-label": MEASURE.overlay });
        this.#layers = {
            // What is written there is said by the handles.
            lines: shape("g", { "aria-hidden": "true" }, svg),
            labels: shape("g", { "aria-hidden": "true" }, svg),
            handles: shape("g", {}, svg),
        };
        host.append(svg);
    }

    /** What can be taken hold of. */
    get shapes() {
        return [...this.#views].flatMap(([key, { shape: seen }]) => (seen ? [{ key, shape: seen }] : []));
    }

    /** Whose handle an element is; null = nobody's. @param {EventTarget | null} element */
    find(element) {
        for (const [id, view] of this.#views) {
            const index = view.indexOf(element);
            if (index >= 0) return { id, index };
        }
        return null;
    }

    /** @param {number} id @param {number} index */
    focus(id, index) {
        this.#views.get(id)?.focus(index);
    }

    /**
     * @param {import("../measure/words.js").Measured[]} all
     * @param {Still | null} picture null = nothing is to be seen
     * @param {How} how
     */
    show(all, picture, { width, height, dpr, movable, large }) {
        for (const [id, view] of this.#views) {
            if (all.some(({ caliper }) => caliper.id === id)) continue;
            view.remove();
            this.#views.delete(id);
        }
        for (const measured of all) {
            const { caliper } = measured;
            const view = this.#views.get(caliper.id) ?? new CaliperView(this.#layers);
            this.#views.set(caliper.id, view);
            const cell = picture && cellOf(picture, caliper);
            const heightOf = (/** @type {number} */ index) => this.#sheet.heightOf(caliper, index);
            const screen = { width, height, dpr, large: (/** @type {number} */ index) => large(caliper, index) };
            view.show(measured, cell && shapeOf(caliper, picture, cell, screen, heightOf), {
                movable, heightOf, sight: cell ? sightOf(picture, cell) : { start: 0, stop: 0 },
            });
        }
        if (picture) this.#label(picture, { width, height, dpr });
    }

    /** What else lies over the picture, to be pressed: no label goes under it. @returns {import("../measure/labels.js").Box[]} */
    #buttons() {
        const { left, top } = this.#host.getBoundingClientRect();
        return [...(this.#host.parentElement?.querySelectorAll("button, a") ?? [])].flatMap((button) => {
            const { x, y, width, height } = button.getBoundingClientRect();
            return width ? [{ x: x - left, y: y - top, width, height }] : [];
        });
    }

    /** @param {Still} picture @param {Pick<How, "width" | "height" | "dpr">} how */
    #label(picture, { width, height, dpr }) {
        const left = picture.gutter / dpr;
        const bounds = { x: left, y: 0, width: width - left, height };
        const trace = (/** @type {string} */ lead, /** @type {number} */ sample) => this.#sheet.traceAt(lead, sample);
        const taken = this.#buttons();
        for (const view of this.#views.values()) {
            const { wished } = view;
            if (!wished.length) continue;
            const box = best(wished, taken, bounds, (one) => covered(picture, one, dpr, trace));
            taken.push(box);
            view.label(box);
        }
    }
}
