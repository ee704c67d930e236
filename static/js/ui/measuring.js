// The way to the measuring panel for the page: its code is loaded when somebody measures, not with the first picture.

import { MEASURING } from "../texts/measuring.js";
import { anyPart } from "./page.js";

/** @typedef {import("./measure.js").Measure} Measure */
/** @typedef {import("./measure.js").PageWays} PageWays */
/** @typedef {import("../measure/places.js").Picture} Picture */

export class Measuring {
    #ways;
    /** @type {Measure | null} */
    #measure = null;
    /** @type {Promise<Measure> | null} */
    #loading = null;
    /** @type {{ picture: Picture, dpr: number } | null} */
    #shown = null;
    /** Calipers of the address that are not taken yet. */
    #wished = "";

    /** @param {PageWays} ways */
    constructor(ways) {
        this.#ways = ways;
        anyPart("measure-open").addEventListener("click", () => void this.toggle());
    }

    /** Take what is told of the picture. @param {Picture} picture @param {number} dpr */
    layout(picture, dpr) {
        this.#shown = { picture, dpr };
        this.#measure?.layout(picture, dpr);
    }

    /** Open the panel, or close it. */
    async toggle() {
        (await this.#load())?.toggle();
    }

    /** Another panel opens. */
    close() {
        this.#measure?.close(false);
    }

    /** Take the calipers of an address; an empty text is none. @param {string} text */
    async take(text) {
        this.#wished = text;
        const measure = text ? await this.#load() : this.#measure;
        if (!measure || this.#wished !== text) return;
        this.#wished = "";
        measure.calipers.load(text);
    }

    /** What Escape does: put the tool away, or else the panel. @returns {boolean} whether there was anything */
    leave() {
        return this.#measure?.leave() ?? false;
    }

    /** All calipers with what they say. */
    get measured() {
        return this.#measure?.calipers.measured ?? [];
    }

    /** All calipers for an address; those of the last one until they are taken. */
    get text() {
        return this.#wished || (this.#measure?.calipers.text ?? "");
    }

    /** All calipers for a page on paper. @returns {import("../measure/words.js").OnPage[]} */
    get page() {
        return this.#measure?.page ?? [];
    }

    /** @returns {Promise<Measure | null>} null where it cannot be had now */
    async #load() {
        this.#loading ??= import("./measure.js").then(({ Measure }) => new Measure(this.#ways));
        try {
            const measure = await this.#loading;
            if (!this.#measure && this.#shown) measure.layout(this.#shown.picture, this.#shown.dpr);
            this.#measure = measure;
            return measure;
        } catch {
            // Browsers keep a script that did not come as one that does not exist: only a reload asks again.
            this.#ways.notice(MEASURING.unavailable);
            return null;
        }
    }
}
