// Where a pointer points in the picture, standing or moving: which sample, of which lead.

import { cellAt, cellsOf, sampleAt, still, storedName } from "../measure/places.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../measure/places.js").Picture} Picture */
/** At the rate that is shown; `lead` null = the line there is no lead of the record. @typedef {{ sample: number, lead: string | null }} Place */

/** Milliseconds without an answer after which the viewer has none. */
const ANSWERS_MS = 2000;

/**
 * The lead of the record that a line of the picture shows, null where it follows from others.
 * @param {Picture["leads"][number]} line
 */
export function leadOf(line) {
    if (line.derived) return null;
    if (line.inverted && !line.alias) return line.name.replace(/^-/, "");
    return line.alias ?? storedName(line);
}

export class NotePlaces {
    #desk;
    #next = 1;
    /** @type {Map<number, (sample: number | null) => void>} */
    #waiting = new Map();

    /** @param {Desk} desk */
    constructor(desk) {
        this.#desk = desk;
        desk.on("said", (said) => {
            if (said.say !== "where") return;
            this.#waiting.get(said.id)?.(said.sample);
            this.#waiting.delete(said.id);
        });
    }

    /** The picture if it stands still. */
    get still() {
        return still(this.#desk.layout);
    }

    /** Device pixels of a CSS pixel. */
    get dpr() {
        return window.devicePixelRatio || 1;
    }

    /** Samples of a CSS pixel. */
    get perPixel() {
        const { layout, status } = this.#desk;
        if (!layout || !status) return 1;
        const perDevice = layout.look ? 1 / layout.look.pxPerSample : status.fs / layout.scale.pxPerS;
        return perDevice * this.dpr;
    }

    /** The leads of the record that are in sight. @returns {string[]} */
    get leads() {
        const layout = this.#desk.layout;
        if (!layout) return [];
        return [...new Set(layout.cells.flatMap(({ lead }) => leadOf(layout.leads[lead]) ?? []))];
    }

    /** The newest sample that is drawn. @returns {Promise<number | null>} */
    newest() {
        return this.#ask(null);
    }

    /**
     * Return what is drawn at a place, at the moment it is asked.
     * @param {number} x CSS pixels from the corner of the picture
     * @param {number} y
     * @returns {Promise<Place | null>} null beside all leads, and where nothing is drawn
     */
    async at(x, y) {
        const { layout } = this.#desk;
        const { dpr } = this;
        if (!layout) return null;
        const picture = /** @type {import("../measure/places.js").Still} */ (layout);
        const cell = cellAt(picture, x * dpr, y * dpr);
        if (!cell) return null;
        const sample = layout.look ? Math.round(sampleAt(picture, x * dpr)) : await this.#ask(x * dpr);
        return sample === null ? null : { sample, lead: leadOf(layout.leads[cell.lead]) };
    }

    /** The row of the lead at a place, in CSS pixels. @param {number} x @param {number} y @returns {{ top: number, height: number } | null} */
    row(x, y) {
        const { layout } = this.#desk;
        const { dpr } = this;
        const cell = layout && cellAt(/** @type {import("../measure/places.js").Still} */ (layout), x * dpr, y * dpr);
        if (!cell) return null;
        const { top, height } = layout.rows[cell.row];
        return { top: top / dpr, height: height / dpr };
    }

    /** The cells in which a lead of the record is drawn; all of them for null. @param {import("../measure/places.js").Still} picture @param {string | null} lead */
    cells(picture, lead) {
        if (lead === null) return picture.cells;
        return cellsOf(picture, lead).concat(picture.cells.filter((cell) => {
            const line = picture.leads[cell.lead];
            return storedName(line) !== lead && leadOf(line) === lead;
        }));
    }

    /** @param {number | null} x @returns {Promise<number | null>} */
    #ask(x) {
        const id = this.#next++;
        return new Promise((resolve) => {
            this.#waiting.set(id, resolve);
            this.#desk.ways.ask({ ask: "where", id, x });
            setTimeout(() => {
                if (this.#waiting.delete(id)) resolve(null);
            }, ANSWERS_MS);
        });
    }
}
