// Choosing symbols: the buttons of the palette, and lists of all there are.

import { COMMON, GROUPS } from "../notes/palette.js";
import { SYMBOLS } from "../texts/annotations.js";
import { NOTES } from "../texts/notes.js";

/**
 * Fill a list with every symbol, in groups.
 * @param {HTMLSelectElement} select
 */
export function fillSymbols(select) {
    select.replaceChildren(
        ...Object.entries(GROUPS).map(([name, symbols]) => {
            const group = document.createElement("optgroup");
            group.label = NOTES.groups[/** @type {keyof typeof GROUPS} */ (name)];
            group.append(...symbols.map((symbol) => option(symbol, NOTES.symbol(symbol, SYMBOLS[symbol]))));
            return group;
        }),
    );
}

/**
 * Choose in a list; what it does not have, a symbol that a file defined itself, is added.
 * @param {HTMLSelectElement} select
 * @param {string} value
 * @param {string} [words]
 */
export function choose(select, value, words = value) {
    if (![...select.options].some((one) => one.value === value)) select.append(option(value, words));
    select.value = value;
}

/** @param {string} value @param {string} words */
export function option(value, words) {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = words;
    return made;
}

/** The symbol of the next annotation. */
export class Palette {
    #buttons;
    #select;
    #symbol;

    /**
     * @param {HTMLElement} host
     * @param {HTMLSelectElement} select
     * @param {string} symbol
     */
    constructor(host, select, symbol) {
        this.#select = select;
        this.#symbol = symbol;
        fillSymbols(select);
        this.#buttons = COMMON.map((one) => {
            const button = document.createElement("button");
            button.type = "button";
            button.className = "button notes__symbol";
            button.textContent = one;
            button.title = NOTES.symbolTitle(one, SYMBOLS[one]);
            button.setAttribute("aria-label", NOTES.symbolTitle(one, SYMBOLS[one]));
            button.addEventListener("click", () => this.choose(one));
            return button;
        });
        host.replaceChildren(...this.#buttons);
        select.addEventListener("change", () => this.choose(select.value));
        this.choose(symbol);
    }

    get symbol() {
        return this.#symbol;
    }

    /** @param {string} symbol */
    choose(symbol) {
        this.#symbol = symbol;
        choose(this.#select, symbol);
        this.#buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(COMMON[i] === symbol)));
    }
}
