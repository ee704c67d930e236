// The controls under the picture: what is chosen in them, and what they show.

import { NAMES, NONE, NOTCHES, parsed, written } from "../filter/presets.js";
import { placeOf, windowAt, windowLimits } from "../look/moves.js";
import { SHEETS, SHEETS_SHORT, VIEW } from "../texts/view.js";
import { GAINS, PAPER_SPEEDS, SPEEDS, stretchOf } from "../view/geometry.js";
import { isSheet, SHEET_NAMES } from "../view/sheets.js";
import { ofSelect } from "./keys.js";
import { anyPart, fillSelect, isOpen, part, write } from "./page.js";
import { spanWords } from "./words.js";
import { VIEWER } from "../texts/viewer.js";

/** @typedef {import("../view/geometry.js").Display} Display */
/**
 * `act`: the buttons, by their ids. `look`: the picture is to look so.
 * @typedef {{
 *   act: Record<string, () => void>, speed: (speed: number) => void, look: (change: Partial<Display>) => void,
 *   sheet: (sheet: import("../view/sheets.js").SheetName) => void, window: (windowS: number) => void,
 * }} Choices
 */

/** Filters as they are offered: each alone, then with a notch. */
const PRESETS = NOTCHES.flatMap((notch) => NAMES.map((name) => ({ name, notch })));

/** Windows that the slider chooses are those that a person would say. @param {number} seconds */
const tidy = (seconds) => Number(seconds.toPrecision(2));

export class Controls {
    #window = part("window", HTMLInputElement);
    #limits = { least: 0, most: 1 };

    /** @param {Choices} choices */
    constructor({ act, speed, look, sheet, window }) {
        for (const [id, then] of Object.entries(act)) anyPart(id).addEventListener("click", then);
        for (const mode of /** @type {const} */ (["fit", "calibrated"])) {
            anyPart(`mode-${mode}`).addEventListener("click", () => look({ mode }));
        }
        for (const motion of /** @type {const} */ (["sweep", "scroll"])) {
            anyPart(`motion-${motion}`).addEventListener("click", () => look({ motion }));
        }
        // Seen only where the screen is too low for all of them.
        anyPart("more").addEventListener("click", () => more());
        fillSelect(part("speed", HTMLSelectElement), SPEEDS, VIEWER.times);
        fillSelect(part("paper-speed", HTMLSelectElement), PAPER_SPEEDS, VIEWER.mmPerS);
        fillSelect(part("gain", HTMLSelectElement), GAINS, VIEWER.mmPerMv);
        fill("sheet", SHEET_NAMES.map((name) => ({ value: name, text: SHEETS_SHORT[name], title: SHEETS[name] })));
        fill("filter", PRESETS.map((preset) => ({ value: written(preset), text: VIEW.filter(preset) })));
        choose("speed", (value) => speed(Number(value)));
        choose("paper-speed", (value) => look({ mmPerS: Number(value) }));
        choose("gain", (value) => look({ mmPerMv: Number(value) }));
        choose("sheet", (value) => isSheet(value) && sheet(value));
        choose("filter", (value) => look({ filter: parsed(value) ?? NONE }));
        this.#window.addEventListener("input", () => {
            window(tidy(windowAt(Number(this.#window.value), this.#limits)));
        });
    }

    /**
     * @param {Display} display
     * @param {{ looking: { windowS: number } | null, extent: { fs: number, length: number } }} of `looking`: where
     *   the person looks apart from what is played
     */
    show(display, { looking, extent }) {
        const { mode, motion } = display;
        /** @param {string} id @param {boolean} on */
        const press = (id, on) => anyPart(id).setAttribute("aria-pressed", String(on));
        press("mode-fit", mode === "fit");
        press("mode-calibrated", mode === "calibrated");
        press("motion-sweep", motion === "sweep");
        press("motion-scroll", motion === "scroll");
        anyPart("window-pick").hidden = mode !== "fit";
        anyPart("paper-pick").hidden = mode !== "calibrated";
        this.#limits = windowLimits(extent);
        const windowS = looking?.windowS ?? display.windowS;
        this.#window.value = String(placeOf(windowS, this.#limits));
        const words = spanWords(looking ? windowS : windowS * stretchOf(extent.fs));
        write(anyPart("window-value"), words);
        this.#window.setAttribute("aria-valuetext", words);
        part("sheet", HTMLSelectElement).value = display.sheet;
        part("filter", HTMLSelectElement).value = written(display.filter);
        part("paper-speed", HTMLSelectElement).value = String(display.mmPerS);
        part("gain", HTMLSelectElement).value = String(display.mmPerMv);
        anyPart("follow").hidden = looking === null;
        Object.assign(document.documentElement.dataset, { mode, motion });
    }

    /** @param {number} speed */
    speed(speed) {
        const select = part("speed", HTMLSelectElement);
        if (isOpen(select)) return;
        // A link may ask for a pace that is none of the usual ones.
        if (!SPEEDS.includes(speed) && !select.querySelector(`option[value="${speed}"]`)) {
            fillSelect(select, [...SPEEDS, speed].sort((a, b) => a - b), VIEWER.times);
        }
        select.value = String(speed);
    }
}

function more() {
    const { dataset } = document.documentElement;
    const open = dataset["controls"] !== "all";
    dataset["controls"] = open ? "all" : "few";
    anyPart("more").setAttribute("aria-expanded", String(open));
    write(anyPart("more"), open ? VIEW.less : VIEW.more);
}

/** @param {string} id @param {{ value: string, text: string, title?: string }[]} options */
function fill(id, options) {
    part(id, HTMLSelectElement).replaceChildren(
        ...options.map(({ value, text, title = "" }) => {
            const option = document.createElement("option");
            option.value = value;
            option.textContent = text;
            option.title = title;
            return option;
        }),
    );
}

/** @param {string} id @param {(value: string) => void} act */
function choose(id, act) {
    const select = part(id, HTMLSelectElement);
    let stepping = false;
    select.addEventListener("keydown", ({ key }) => {
        stepping = ofSelect(key) && !isOpen(select);
    });
    select.addEventListener("pointerdown", () => {
        stepping = false;
    });
    select.addEventListener("change", () => {
        act(select.value);
        // The keys are the viewer's again, but for somebody who steps through the values by key.
        if (!stepping) select.blur();
    });
}
