// The way to the panel that compares two sets: its code is loaded when somebody compares, not with the first picture.

import { AGREEMENT } from "../texts/agreement.js";
import { anyPart } from "./page.js";

/** @typedef {import("./agreement.js").AgreementPanel} AgreementPanel */

export class Agreeing {
    #desk;
    #layers;
    /** @type {Promise<AgreementPanel> | null} */
    #loading = null;
    /** @type {AgreementPanel | null} */
    #panel = null;

    /** @param {import("./desk.js").Desk} desk @param {import("./marklayers.js").MarkLayers} layers */
    constructor(desk, layers) {
        this.#desk = desk;
        this.#layers = layers;
        anyPart("agree-open").addEventListener("click", () => void this.toggle());
        desk.panel("compare", () => this.#panel?.close(false));
        const wished = desk.linked("compare");
        if (wished) desk.on("record", () => void this.#linked(wished));
    }

    /** Open the panel, or close it. */
    async toggle() {
        (await this.#load())?.toggle();
    }

    /** Go to the next error, or the one before. @param {1 | -1} way */
    async step(way) {
        const panel = await this.#load();
        if (panel && !panel.isOpen) panel.toggle();
        await panel?.step(way);
    }

    /** @param {string} wished */
    async #linked(wished) {
        if (this.#panel) return;
        (await this.#load())?.open(wished);
    }

    /** @returns {Promise<AgreementPanel | null>} null where it cannot be had now */
    async #load() {
        this.#loading ??= import("./agreement.js").then(({ AgreementPanel }) => new AgreementPanel(this.#desk, this.#layers));
        try {
            this.#panel = await this.#loading;
            return this.#panel;
        } catch {
            // Browsers keep a script that did not come as one that does not exist: only a reload asks again.
            this.#desk.ways.notice(AGREEMENT.unavailable);
            return null;
        }
    }
}
