// One line in the page: its time, its canvas, and what is said where there is no picture.

import { write } from "../ui/page.js";

/**
 * @typedef {{
 *   name: string, elapsed: string, clock: string, zone: string, top: number, rows: number,
 * }} Said `name`: what the line is, in words; `top` in CSS pixels
 */

export class Row {
    line = -1;
    /** Whether what is on the canvas is this line as it should look now. */
    painted = false;
    element = make("div", "line");
    trace = make("div", "line__trace");
    canvas = /** @type {HTMLCanvasElement} */ (make("canvas", "line__paper"));
    /** @type {HTMLElement} */
    again;
    #elapsed = make("b", "line__elapsed");
    #zone = make("span", "line__zone");
    #clock = make("span", "line__clock");
    /** What the picture is, for those who cannot look at it; it is a part of what the cell says, as all else is. */
    #name = make("span", "visually-hidden");
    #says = make("p", "line__says");

    /** @param {string} againWord */
    constructor(againWord) {
        const time = make("div", "line__time num");
        time.append(this.#elapsed, " ", this.#zone, " ", this.#clock);
        time.setAttribute("role", "rowheader");
        this.trace.setAttribute("role", "gridcell");
        this.canvas.setAttribute("aria-hidden", "true");
        const again = document.createElement("button");
        again.type = "button";
        again.className = "button line__again";
        again.textContent = againWord;
        // The keyboard has a key for all that failed at once.
        again.tabIndex = -1;
        this.again = again;
        this.trace.append(this.#name, this.canvas, this.#says, again);
        this.element.setAttribute("role", "row");
        this.element.append(time, this.trace);
    }

    /** @param {number} line @param {Said} said */
    show(line, said) {
        this.line = line;
        this.painted = false;
        this.element.id = `line-${line}`;
        this.element.dataset["line"] = String(line);
        this.element.setAttribute("aria-rowindex", String(line + 1));
        this.element.style.setProperty("transform", `translateY(${said.top}px)`);
        write(this.#elapsed, said.elapsed);
        write(this.#zone, said.zone);
        write(this.#clock, said.clock);
        write(this.#name, said.name);
    }

    /** @param {"loading" | "failed" | "ready"} state @param {string} words */
    state(state, words = "") {
        this.element.dataset["state"] = state;
        this.painted = state === "ready";
        write(this.#says, words);
        if (state === "loading") this.trace.setAttribute("aria-busy", "true");
        else this.trace.removeAttribute("aria-busy");
    }
}

/** @param {string} tag @param {string} name */
export function make(tag, name) {
    const element = document.createElement(tag);
    element.className = name;
    return element;
}
