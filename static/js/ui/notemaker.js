// Making annotations: what a click, a drag or the Enter key makes, of which symbol and in which lead.

import { noteAt } from "../notes/hits.js";
import { COMMENT, idOf } from "../notes/note.js";
import { placeWords } from "../measure/words.js";
import { NOTES } from "../texts/notes.js";
import { NoteHand } from "./notehand.js";
import { choose, option, Palette } from "./notesymbols.js";
import { anyPart, part, write } from "./page.js";
import { spanWords } from "./words.js";

/** @typedef {import("../notes/note.js").Fields} Fields */
/** @typedef {import("./noteplaces.js").Place} Place */
/** @typedef {"point" | "interval"} Tool */
/** Where the focus goes with a new one: to its handle, to its text, or it stays. @typedef {"grip" | "text" | "none"} Focus */
/**
 * `by`: samples of the rate that is shown to one of the record's; `open`: whether the panel is; `make`: one, in samples of the
 * record; `choose`: one that is there, null = none; `say`: for those who hear the page.
 * @typedef {{
 *   by: () => number, open: () => boolean, notes: () => readonly import("../notes/book.js").Shown[],
 *   make: (id: string, fields: Partial<Fields>, focus: Focus) => void, choose: (id: string | null) => void, say: (words: string) => void,
 * }} Work
 */

/** @type {readonly Tool[]} */
const TOOLS = ["point", "interval"];
/** CSS pixels from a mark at which it is meant by a click, and by a finger. */
const NEAR = { mouse: 6, touch: 18 };
/** How wide an interval is that was placed by a key: a part of what is in sight. */
const USUAL_PART = 0.2;
/** Samples of a pixel from which the place of a click is said to be coarse. */
const COARSE = 4;
/** "Lead pointed at" and "all leads", of the list of leads. */
const POINTED = "\0pointed";
const ALL = "\0all";

export class NoteMaker {
    #desk;
    #places;
    #work;
    #hand;
    #palette;
    #host = anyPart("noting");
    #lead = part("notes-lead", HTMLSelectElement);
    /** @type {Tool | null} */
    #tool = null;
    /** An interval of which the end is not said yet. @type {Place | null} */
    #begun = null;

    /**
     * @param {import("./desk.js").Desk} desk
     * @param {import("./noteplaces.js").NotePlaces} places
     * @param {SVGElement} drawing
     * @param {Work} work
     */
    constructor(desk, places, drawing, work) {
        this.#desk = desk;
        this.#places = places;
        this.#work = work;
        this.#palette = new Palette(anyPart("notes-palette"), part("notes-symbol", HTMLSelectElement), COMMENT);
        this.#hand = new NoteHand(this.#host, anyPart("paper"), drawing, {
            open: work.open,
            place: ({ x, y }) => places.at(x, y),
            row: ({ x, y }) => places.row(x, y),
            tap: (place, touch) => void this.#tap(place, touch),
            drawn: (from, to) => void this.#drawn(from, to),
        });
        for (const tool of TOOLS) {
            anyPart(`notes-${tool}`).addEventListener("click", () => {
                this.tool = this.#tool === tool ? null : tool;
            });
        }
        anyPart("notes-place").addEventListener("click", () => void this.place());
    }

    /** What a click makes; null = nothing, it chooses. */
    get tool() {
        return this.#tool;
    }

    /** @param {Tool | null} tool */
    set tool(tool) {
        this.#tool = tool;
        this.#begun = null;
        this.#hand.drop();
        for (const one of TOOLS) anyPart(`notes-${one}`).setAttribute("aria-pressed", String(one === tool));
        for (const [element, name] of /** @type {const} */ ([[this.#host, "tool"], [anyPart("stage"), "noting"]])) {
            if (tool) element.dataset[name] = tool;
            else delete element.dataset[name];
        }
        this.show();
    }

    /** Of the next one. @param {string} symbol */
    set symbol(symbol) {
        this.#palette.choose(symbol);
    }

    /** Give up what was begun. @returns {boolean} whether anything was */
    giveUp() {
        if (!this.#begun) return false;
        this.tool = this.#tool;
        return true;
    }

    /** Say what a click does now, and offer the leads that are in sight. */
    show() {
        const { status } = this.#desk;
        const fs = status?.fs || 1;
        const { perPixel } = this.#places;
        const coarse = this.#tool && perPixel > COARSE ? NOTES.coarse(spanWords(perPixel / fs)) : "";
        write(anyPart("notes-hint"), [this.#hint(status?.playing ?? false, fs), coarse].filter(Boolean).join(" "));
        const { leads } = this.#places;
        const names = JSON.stringify(leads);
        if (this.#lead.dataset["leads"] === names) return;
        this.#lead.dataset["leads"] = names;
        const { value } = this.#lead;
        this.#lead.replaceChildren(option(POINTED, NOTES.pointed), option(ALL, NOTES.all), ...leads.map((lead) => option(lead, lead)));
        choose(this.#lead, [POINTED, ALL, ...leads].includes(value) ? value : POINTED);
    }

    /** @param {boolean} playing @param {number} fs */
    #hint(playing, fs) {
        if (this.#begun) return NOTES.hintEnd(placeWords(this.#begun.sample, fs));
        if (this.#tool === "point") return playing ? NOTES.hintPointPlaying : NOTES.hintPoint;
        if (this.#tool === "interval") return playing ? NOTES.hintIntervalPlaying : NOTES.hintInterval;
        return NOTES.hintNone;
    }

    // By hand.

    /** @param {Promise<Place | null>} place @param {boolean} touch */
    async #tap(place, touch) {
        const at = await place;
        const { by, choose: choosing, notes, open } = this.#work;
        if (!at || !open()) return;
        const reach = (this.#places.perPixel * NEAR[touch ? "touch" : "mouse"]) / by();
        const near = this.#begun ? null : noteAt(notes(), { sample: at.sample / by(), lead: at.lead }, reach);
        // On a telephone the keyboard would cover what one taps at.
        const focus = touch ? "none" : "text";
        if (near) choosing(near.id);
        else if (this.#tool === "point") this.#make(at, null, focus);
        else if (this.#tool === "interval") this.#mark(at, focus);
        else choosing(null);
    }

    /** @param {Promise<Place | null>} from @param {Promise<Place | null>} to */
    async #drawn(from, to) {
        const [one, other] = await Promise.all([from, to]);
        if (one && other && this.#work.open()) this.#between(one, other, "text");
    }

    /** One end of an interval after the other. @param {Place} at @param {Focus} focus */
    #mark(at, focus) {
        const begun = this.#begun;
        this.#begun = begun ? null : at;
        this.show();
        if (begun) this.#between(begun, at, focus);
        else this.#work.say(anyPart("notes-hint").textContent ?? "");
    }

    /** @param {Place} one @param {Place} other @param {Focus} focus */
    #between(one, other, focus) {
        const [first, last] = [one.sample, other.sample].sort((a, b) => a - b);
        this.#make({ sample: first, lead: one.lead }, last, focus);
    }

    // By key.

    /** Make one in the middle of what stands still, or at the newest sample of what plays. */
    async place() {
        const lead = this.#places.leads[0] ?? null;
        if (this.#tool === null) this.tool = "point";
        const { status, ways } = this.#desk;
        if (status?.playing && !this.#places.still) {
            const sample = await this.#places.newest();
            if (sample === null) return;
            if (this.#tool === "point") this.#make({ sample, lead }, null, "text");
            else this.#mark({ sample, lead }, "text");
            return;
        }
        // What stands still can be taken hold of.
        ways.stand();
        const sight = ways.sight();
        if (!sight || !status) return;
        const wide = sight.windowS * status.fs;
        const middle = sight.start + wide / 2;
        const half = this.#tool === "point" ? 0 : (wide * USUAL_PART) / 2;
        this.#make({ sample: Math.round(middle - half), lead }, half ? Math.round(middle + half) : null, "grip");
    }

    /** @param {Place} at @param {number | null} stop at the rate that is shown @param {Focus} focus */
    #make({ sample, lead }, stop, focus) {
        const { length } = /** @type {import("./opening.js").RecordInfo} */ (this.#desk.record);
        const place = (/** @type {number} */ one, /** @type {number} */ least, /** @type {number} */ most) =>
            Math.max(least, Math.min(most, Math.round(one / this.#work.by())));
        const first = place(sample, 0, length - 1);
        const wished = this.#lead.value;
        this.#work.make(idOf(window.crypto.getRandomValues(new Uint8Array(16))), {
            sample: first, stop: stop === null ? null : place(stop, first + 1, length),
            lead: wished === POINTED ? lead : wished === ALL ? null : wished, symbol: this.#palette.symbol,
        }, focus);
    }
}
