// The author's pointer over a picture that is replayed.

import { pointAt } from "../sessions/pointing.js";
import { seenOn } from "./seen.js";
import { anyPart, write } from "./page.js";

/** By how much two windows may differ and still be as long. */
const ALIKE = 0.01;

export class ReplayPointer {
    #desk;
    #element = anyPart("replay-pointer");

    /** @param {import("./desk.js").Desk} desk */
    constructor(desk) {
        this.#desk = desk;
    }

    /** @param {string} author */
    of(author) {
        write(anyPart("replay-pointer-name"), author);
    }

    hide() {
        this.#element.hidden = true;
    }

    /** @param {import("../sessions/log.js").Moment} moment @param {number} at */
    show({ pointer, pointerT, view, sample }, at) {
        const seen = pointer && seenOn(this.#desk, at);
        this.#element.hidden = !seen;
        // When it came there in the log: what is said of it can be checked.
        this.#element.dataset["t"] = String(pointerT);
        if (!seen) return;
        const alike = Math.abs(seen.picture.scale.windowS / view.sight.windowS - 1) < ALIKE;
        const { x, y } = pointAt({ ...seen, shown: sample }, pointer, alike);
        this.#element.style.setProperty("transform", `translate(${x / seen.dpr}px, ${y / seen.dpr}px)`);
        this.#element.dataset["down"] = String(pointer.down);
    }
}
