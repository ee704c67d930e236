// The way to the measuring panel for the page: its code is loaded when somebody measures, not with the first picture.

import { Late } from "./late.js";
import { anyPart } from "./page.js";

/** @typedef {import("./measure.js").Measure} Measure */
/** @typedef {import("./measure.js").PageWays} PageWays */
/** @typedef {import("../measure/places.js").Picture} Picture */

export class Measuring {
    /** @type {Late<Measure>} */
    #late;
    /** @type {{ picture: Picture, dpr: number } | null} */
    #shown = null;
    /** Calipers of the address that are not taken yet. */
    #wished = "";

    /** @param {PageWays} ways */
    constructor(ways) {
        this.#late = new Late(() => import("./measure.js").then(({ Measure }) => this.#begun(new Measure(ways))), ways.notice);
        anyPart("measure-open").addEventListener("click", () => void this.toggle());
    }

    /** Take what is told of the picture. @param {Picture} picture @param {number} dpr */
    layout(picture, dpr) {
        this.#shown = { picture, dpr };
        this.#late.here?.layout(picture, dpr);
    }

    /** Open the panel, or close it. */
    async toggle() {
        (await this.#late.want())?.toggle();
    }

    /** Another panel opens. */
    close() {
        this.#late.here?.close(false);
    }

    /** Take the calipers of an address; an empty text is none. @param {string} text */
    async take(text) {
        this.#wished = text;
        const measure = text ? await this.#late.want() : this.#late.here;
        if (!measure || this.#wished !== text) return;
        this.#wished = "";
        measure.calipers.load(text);
    }

    /** What Escape does: put the tool away, or else the panel. @returns {boolean} whether there was anything */
    leave() {
        return this.#late.here?.leave() ?? false;
    }

    /** All calipers with what they say. */
    get measured() {
        return this.#late.here?.calipers.measured ?? [];
    }

    /** All calipers for an address; those of the last one until they are taken. */
    get text() {
        return this.#wished || (this.#late.here?.calipers.text ?? "");
    }

    /** All calipers for a page on paper. @returns {import("../measure/words.js").OnPage[]} */
    get page() {
        return this.#late.here?.page ?? [];
    }

    /** The picture stands there already. @param {Measure} measure */
    #begun(measure) {
        if (this.#shown) measure.layout(this.#shown.picture, this.#shown.dpr);
        return measure;
    }
}
