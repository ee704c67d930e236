// Measuring the screen: an outline as wide as a bank card says how large a millimetre is.

import { CARD_MM } from "../view/geometry.js";
import { anyPart, part, write } from "./page.js";

/** The dialog. */
export class CardMeasure {
    #dialog = part("card-dialog", HTMLDialogElement);
    #outline = anyPart("card-outline");
    #width = part("card-width", HTMLInputElement);
    #says = anyPart("card-says");

    /** @param {{ keep: (cssPxPerMm: number) => void, forget: () => void }} then */
    constructor({ keep, forget }) {
        this.#width.addEventListener("input", () => this.#draw());
        anyPart("card-forget").addEventListener("click", () => {
            forget();
            this.#dialog.close();
        });
        this.#dialog.addEventListener("close", () => {
            if (this.#dialog.returnValue === "keep") keep(Number(this.#width.value) / CARD_MM);
            this.#dialog.returnValue = "";
        });
    }

    /** @param {number} cssPxPerMm as it is taken to be now */
    open(cssPxPerMm) {
        if (this.#dialog.open) return;
        this.#width.value = String(Math.round(cssPxPerMm * CARD_MM * 2) / 2);
        this.#draw();
        this.#dialog.showModal();
        this.#width.focus();
    }

    #draw() {
        const px = Number(this.#width.value);
        this.#outline.style.setProperty("width", `${px}px`);
        // The card's other side, so that it looks like one.
        this.#outline.style.setProperty("height", `${(px * 53.98) / CARD_MM}px`);
        write(this.#says, `${(px / CARD_MM).toFixed(2)} pixels in a millimetre`);
    }
}
