// The way to the panel of the rhythm: its code is loaded when somebody wants to see it.

import { Late } from "./late.js";
import { anyPart } from "./page.js";

/** @typedef {import("./rhythmpanel.js").RhythmPanel} RhythmPanel */

export class Rhythm {
    #opener = anyPart("rhythm-open");
    /** @type {Late<RhythmPanel>} */
    #panel;

    /** @param {import("./desk.js").Desk} desk @param {import("./beats.js").Beats} beats */
    constructor(desk, beats) {
        this.#panel = new Late(async () => {
            const [{ RhythmPanel }, { Following }] = await Promise.all([import("./rhythmpanel.js"), import("./following.js")]);
            new Following(desk, beats);
            return new RhythmPanel(desk, beats);
        }, desk.ways.notice);
        // A window that follows the beats does so with the panel closed, too.
        if (desk.linked("follow") === "1") void this.#panel.want();
        this.#opener.addEventListener("click", () => void this.toggle());
        desk.panel("rhythm", () => this.#panel.here?.close(false));
        beats.on((_known, state) => {
            this.#opener.hidden = state === "off";
            if (state === "off") this.#panel.here?.close(false);
        });
    }

    /** Open the panel, or close it. */
    async toggle() {
        if (!this.#opener.hidden) (await this.#panel.want())?.toggle();
    }
}
