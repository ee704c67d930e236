// The way to the panel of quality: its code is loaded when somebody wants it.

import { Late } from "./late.js";
import { anyPart } from "./page.js";

/** @typedef {import("./checks.js").ChecksPanel} ChecksPanel */

export class Checking {
    /** @type {Late<ChecksPanel>} */
    #panel;

    /** @param {import("./desk.js").Desk} desk @param {import("./way.js").Way} way */
    constructor(desk, way) {
        this.#panel = new Late(
            () => import("./checks.js").then(({ ChecksPanel }) => new ChecksPanel(desk, way)),
            desk.ways.notice,
        );
        anyPart("checks-open").addEventListener("click", () => void this.toggle());
        desk.panel("checks", () => this.#panel.here?.close(false));
    }

    /** Open the panel, or close it. */
    async toggle() {
        (await this.#panel.want())?.toggle();
    }
}
