// The way to the panel that compares two sets: its code is loaded when somebody compares, not with the first picture.

import { Late } from "./late.js";
import { anyPart } from "./page.js";

/** @typedef {import("./agreement.js").AgreementPanel} AgreementPanel */

export class Agreeing {
    /** @type {Late<AgreementPanel>} */
    #panel;

    /** @param {import("./desk.js").Desk} desk @param {import("./marklayers.js").MarkLayers} layers */
    constructor(desk, layers) {
        this.#panel = new Late(
            () => import("./agreement.js").then(({ AgreementPanel }) => new AgreementPanel(desk, layers)),
            desk.ways.notice,
        );
        anyPart("agree-open").addEventListener("click", () => void this.toggle());
        desk.panel("compare", () => this.#panel.here?.close(false));
        const wished = desk.linked("compare");
        if (wished) desk.on("record", () => void this.#linked(wished));
    }

    /** Open the panel, or close it. */
    async toggle() {
        (await this.#panel.want())?.toggle();
    }

    /** Go to the next error, or the one before. @param {1 | -1} way */
    async step(way) {
        const panel = await this.#panel.want();
        if (panel && !panel.isOpen) panel.toggle();
        await panel?.step(way);
    }

    /** @param {string} wished */
    async #linked(wished) {
        if (this.#panel.here) return;
        (await this.#panel.want())?.open(wished);
    }
}
