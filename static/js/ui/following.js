// A window that follows the beats: as long as 15 to 20 of them take, whatever the rate.

import { written } from "../filter/presets.js";
import { FOLLOWED, followed } from "../signal/beats.js";
import { BEATS, RHYTHM } from "../texts/beats.js";
import { WINDOW } from "../view/geometry.js";
import { part } from "./page.js";

/** Parts of a window by which it may differ from the one that was set before it counts as chosen by the person. */
const ALIKE = 0.03;

export class Following {
    #desk;
    #beats;
    #button = part("rhythm-follow", HTMLButtonElement);
    #on = false;
    /** Seconds that were set last; null = nothing yet. @type {number | null} */
    #set = null;
    #changed = -Infinity;

    /** @param {import("./desk.js").Desk} desk @param {import("./beats.js").Beats} beats */
    constructor(desk, beats) {
        this.#desk = desk;
        this.#beats = beats;
        this.#button.textContent = RHYTHM.follow(FOLLOWED.least, FOLLOWED.most);
        this.#button.addEventListener("click", () => this.turn(!this.#on));
        desk.on("sight", () => this.#step());
        beats.on(() => this.#step());
        if (desk.linked("follow") === "1") this.turn(true);
        else this.#show();
    }

    /** @param {boolean} on */
    turn(on) {
        this.#on = on;
        this.#set = null;
        this.#changed = -Infinity;
        this.#desk.carry("follow", on ? "1" : "");
        this.#show();
        if (on && this.#desk.record) {
            if (this.#desk.ways.stands().display.mode !== "fit") this.#desk.ways.notice(RHYTHM.notOnPaper);
            else if (this.#beats.state !== "there") this.#desk.ways.notice(BEATS.waiting);
            this.#step();
        }
    }

    toggle() {
        this.turn(!this.#on);
    }

    #show() {
        this.#button.setAttribute("aria-pressed", String(this.#on));
        document.documentElement.dataset["follow"] = String(this.#on);
    }

    #step() {
        const beats = this.#beats.shown;
        const { status } = this.#desk;
        if (!this.#on || !beats || !status?.fs) return;
        const { display, look } = this.#desk.ways.stands();
        // Calibrated, a second has its millimetres: the window is as long as the paper.
        if (display.mode !== "fit") return;
        const windowS = look?.windowS ?? display.windowS;
        if (this.#set !== null && Math.abs(windowS - this.#set) > ALIKE * this.#set) {
            // Who chooses a window wants that one.
            this.turn(false);
            return;
        }
        const edge = look ? look.start : status.shown;
        // A picture that is laid out anew with each beat cannot be read: half a window stays as it is.
        if (!look && Math.abs(edge - this.#changed) < (windowS * status.fs) / 2) return;
        const next = followed(beats.sample, beats.blocked, { edge, way: look ? 1 : -1, windowS, fs: status.fs });
        if (next === null) return;
        const wanted = Math.min(WINDOW.most, Math.max(WINDOW.least, next));
        if (Math.abs(wanted - windowS) < 0.05) return;
        this.#changed = edge;
        this.#set = wanted;
        if (look) this.#desk.ways.look({ start: look.start, windowS: wanted });
        else {
            const { times, filter } = display;
            this.#desk.ways.take.display({ looks: { windowS: wanted }, times, filter: written(filter) });
        }
    }
}
