// The way to the dialog in which a view is taken away. The dialog comes when it is first asked for: a first picture
// does not wait for it.

import { VIEW } from "../texts/view.js";
import { anyPart } from "./page.js";

/** @typedef {import("./share.js").Ways & { notice: (words: string) => void }} Ways */

export class Sharing {
    #ways;
    /** @type {import("./share.js").Share | null} */
    #share = null;

    /** @param {Ways} ways */
    constructor(ways) {
        this.#ways = ways;
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
        const loaded = await import("./share.js").catch(() => null);
        if (!loaded) this.#ways.notice(VIEW.shareNotLoaded);
        else {
            this.#share ??= new loaded.Share(this.#ways);
            this.#share.open();
        }
    }

    /** The picture is another one, or in other places. */
    layout() {
        this.#share?.show();
    }
}
