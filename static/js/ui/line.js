// The line to the server on the screen: how much is at hand, and the offer of fewer leads where it is too
// narrow for those shown. The offer stands beside the picture, takes no focus, and waits to be answered.

import { LINE } from "../texts/line.js";
import { anyPart, write } from "./page.js";

/** @typedef {import("../messages.js").Line} Line */
/** @typedef {import("../net/thrift.js").Offer} Offer */

export class LineView {
    #offer = anyPart("thrift");
    #what = anyPart("thrift-what");
    #keep = anyPart("thrift-keep");
    #take = anyPart("thrift-take");
    #later = anyPart("thrift-later");
    #said = anyPart("thrift-said");
    #depth = anyPart("fact-ahead");
    /** @type {Offer | null} */
    #shown = null;
    /** Words of the offer that was answered, until it is withdrawn: what is on its way still has it. */
    #answered = "";

    /** @param {{ take(leads: string[]): void, later(): void }} answers */
    constructor({ take, later }) {
        this.#offer.setAttribute("aria-label", LINE.region);
        write(anyPart("ahead-name"), LINE.ahead);
        anyPart("ahead").title = LINE.aheadTitle;
        write(this.#later, LINE.later);
        this.#take.addEventListener("click", () => {
            const offer = this.#shown;
            this.#close();
            if (offer) take(offer.keep);
        });
        const putAside = () => {
            this.#close();
            later();
        };
        this.#later.addEventListener("click", putAside);
        this.#offer.addEventListener("keydown", (event) => {
            if (event.key !== "Escape") return;
            event.preventDefault();
            putAside();
        });
    }

    /** @param {Line} line */
    show({ depth, offer }) {
        write(this.#depth, depth === null ? LINE.none : LINE.depth(depth));
        document.documentElement.dataset["depth"] = depth === null ? "" : depth.toFixed(2);
        if (offer === null) this.#answered = "";
        this.#showOffer(offer === null || LINE.keep(offer) === this.#answered ? null : offer);
    }

    /** @param {Offer | null} offer */
    #showOffer(offer) {
        this.#shown = offer;
        const hidden = offer === null;
        if (offer) {
            write(this.#what, LINE.what(offer));
            write(this.#keep, `${LINE.keep(offer)} ${LINE.back}`);
            write(this.#take, LINE.take(offer));
        }
        if (this.#offer.hidden === hidden) return;
        this.#offer.hidden = hidden;
        write(this.#said, offer ? `${LINE.what(offer)} ${LINE.keep(offer)}` : "");
    }

    #close() {
        this.#answered = this.#shown ? LINE.keep(this.#shown) : "";
        this.#showOffer(null);
    }
}
