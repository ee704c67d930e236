// The way to the dialog in which a view is taken away. The dialog comes when it is first asked for: a first picture
// does not wait for it.

import { VIEW } from "../texts/view.js";
import { Late } from "./late.js";
import { anyPart } from "./page.js";

/** @typedef {import("./share.js").Ways & { notice: (words: string) => void }} Ways */

export class Sharing {
    #ways;
    /** @type {Late<import("./share.js").Share>} */
    #share;

    /** @param {Ways} ways */
    constructor(ways) {
        this.#ways = ways;
        this.#share = new Late(() => import("./share.js").then(({ Share }) => new Share(ways)), ways.notice);
        anyPart("share").addEventListener("click", () => this.open());
    }

    open() {
        void this.#open();
    }

    async #open() {
        if (!this.#ways.view()) {
            this.#ways.notice(VIEW.nothingToShare);
            return;
        }
        (await this.#share.want())?.open();
    }

    /** The picture is another one, or in other places. */
    layout() {
        this.#share.here?.show();
    }
}
