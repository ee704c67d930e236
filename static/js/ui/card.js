// Measuring the screen: an outline as wide as a bank card says how large a millimetre is.

import { CARD_MM, CARD_SHORT_MM, cardUpright } from "../view/geometry.js";
import { anyPart, part, write } from "./page.js";
import { SCREEN } from "../texts/screen.js";

/** The dialog. */
export class CardMeasure {
    #dialog = part("card-dialog", HTMLDialogElement);
    #outline = anyPart("card-outline");
    #width = part("card-width", HTMLInputElement);
    #says = anyPart("card-says");
    #room = anyPart("card-room");

    /** @param {{ keep: (cssPxPerMm: number) => void, forget: () => void }} then */
    constructor({ keep, forget }) {
        this.#width.addEventListener("input", () => this.#draw());
        // A telephone was turned.
        window.addEventListener("resize", () => this.#draw());
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
        this.#dialog.showModal();
        this.#draw();
        this.#width.focus();
    }

    #draw() {
        if (!this.#dialog.open) return;
        // What is chosen is the longer side, however the card is held.
        const px = Number(this.#width.value);
        const short = (px * CARD_SHORT_MM) / CARD_MM;
        const upright = cardUpright(this.#room.clientWidth);
        this.#outline.style.setProperty("width", `${upright ? short : px}px`);
        // The card's other side, so that it looks like one.
        this.#outline.style.setProperty("height", `${upright ? px : short}px`);
        const side = SCREEN.millimetres((upright ? CARD_SHORT_MM : CARD_MM).toFixed(2));
        write(anyPart("card-side"), side);
        write(anyPart("card-how"), SCREEN.how(upright ? SCREEN.upright : SCREEN.lengthwise, side));
        write(this.#says, SCREEN.pixels((px / CARD_MM).toFixed(2)));
    }
}
