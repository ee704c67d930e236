// The calipers over the picture: placed and moved by mouse, finger and key. Redrawn from their samples, so they stay
// at these whatever the picture does. CSS pixels, but where a picture's own (device pixels) are meant.

import { MOST, MEASURES } from "../measure/calipers.js";
import { Guide } from "../measure/guide.js";
import { readCalipers, writeCalipers } from "../measure/link.js";
import { cellAt, cellOf, cellsOf, enveloped, mvAt, sampleAt, sightOf, still, storedName } from "../measure/places.js";
import { guessed, STEPS } from "../measure/qt.js";
import { GRIP, gripAt } from "../measure/shape.js";
import { Sheet } from "../measure/sheet.js";
import { spokenWords } from "../measure/words.js";
import { MARKS, MEASURE, REFUSALS } from "../texts/measure.js";
import { Hand } from "./caliperhand.js";
import { doingOf } from "./caliperkeys.js";
import { CaliperLayer } from "./caliperlayer.js";
import { Loupe } from "./loupe.js";
import { change } from "./svg.js";

/** @typedef {import("../measure/calipers.js").Caliper} Caliper */
/** @typedef {import("../measure/calipers.js").Kind} Kind */
/** @typedef {import("../measure/calipers.js").Mark} Mark */
/** @typedef {import("../measure/places.js").Cell} Cell */
/** @typedef {import("../measure/places.js").Picture} Picture */
/** @typedef {import("../measure/places.js").Still} Still */
/** @typedef {import("../measure/words.js").Measured} Measured */
/** @typedef {import("./caliperhand.js").Held} Held */
/** @typedef {import("./caliperhand.js").Place} Place */

/**
 * `probe`: samples of a lead as stored. `fsOf`: rate of any lead of the record. `stores`: whether
 * the record has a lead of that name. `holds`: whether it has, or can derive, that sample of a lead. `changed`: something reads differently, or
 * another tool is chosen. `say`: for those who hear the page; `notice`: a refusal, to be seen and heard. `left`: the
 * focus is to go elsewhere. `paper`: the canvas under the overlay, for the loupe.
 * @typedef {{
 *   probe: import("../measure/sheet.js").Probe, fsOf: (lead: string) => number | null, stores: (lead: string) => boolean,
 *   holds: (lead: string, sample: number) => boolean,
 *   changed: (all: Measured[]) => void, say: (words: string) => void, notice: (words: string) => void,
 *   left: () => void, paper: HTMLCanvasElement | null,
 * }} Ways
 */

/** Milliseconds after which a picture rests: while one pans, nothing is read for its calipers. */
const SETTLE_MS = 100;
/** How wide a caliper is that was placed by a click or a key: a part of what is in sight. */
const USUAL_PART = 0.2;
/** CSS pixels from which a line is taken hold of by a mouse. */
const EDGE_REACH = 5;

/** @param {Kind} kind */
const measuresHeight = (kind) => kind !== "qt" && MEASURES[kind].height;

export class Calipers {
    #host;
    #ways;
    #sheet;
    #layer;
    #hand;
    /** @type {Picture | null} */
    #picture = null;
    #dpr = 1;
    #coarse = window.matchMedia("(pointer: coarse)").matches;
    /** @type {Kind | null} */
    #tool = null;
    #guide = new Guide();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #settling;
    /** The mark in hand. @type {{ id: number, index: number } | null} */
    #active = null;

    /**
     * @param {HTMLElement} host an empty box over the canvas, of its size
     * @param {Ways} ways
     */
    constructor(host, ways) {
        this.#host = host;
        this.#ways = ways;
        this.#sheet = new Sheet(ways.probe, ways.fsOf, () => this.#show(), ways.stores);
        this.#layer = new CaliperLayer(host, this.#sheet);
        this.#hand = new Hand(host, this.#work(), new Loupe(host, ways.paper));
        host.addEventListener("keydown", (event) => this.#key(event));
        host.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
        host.addEventListener("focusin", ({ target }) => {
            const found = this.#layer.find(target);
            if (found) this.#hold(found.id, found.index);
        });
    }

    // What the page tells and asks.

    /** Take what is told of the picture. @param {Picture} picture @param {number} dpr */
    layout(picture, dpr) {
        const stands = (/** @type {Picture | null} */ one) => 
            JSON.stringify([one?.look, one?.cells, one?.rows, one?.gutter, one?.filtered, one?.leads.map(({ filter }) => filter)]);
        // What a finger holds is not where it was or what it was, and what it placed is not lost.
        if (this.#dpr !== dpr || stands(this.#picture) !== stands(picture)) this.#hand.end();
        this.#picture = picture;
        this.#dpr = dpr;
        this.#sheet.show(picture);
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => this.#sheet.refresh(this.#tool ? this.leads : []), SETTLE_MS);
        this.#show();
    }

    get tool() {
        return this.#tool;
    }

    /** @param {Kind | null} tool */
    set tool(tool) {
        this.#hand.undo();
        this.#tool = tool;
        this.#guide = new Guide();
        if (tool) this.#host.dataset["tool"] = tool;
        else delete this.#host.dataset["tool"];
        // Read before the pointer comes: a mark snaps at once.
        if (tool) this.#sheet.refresh(this.leads);
        this.#show();
    }

    /** Why nothing can be measured in this picture; null where something can. @returns {"moving" | "envelope" | null} */
    get refusal() {
        const picture = still(this.#picture);
        if (!picture) return "moving";
        return enveloped(picture) ? "envelope" : null;
    }

    /** The guide, as far as it has come; null where another tool is chosen. */
    get guide() {
        return this.#tool === "qt" ? this.#guide : null;
    }

    /** Leads in sight, by their stored names. @returns {string[]} */
    get leads() {
        const picture = still(this.#picture);
        return picture ? [...new Set(picture.cells.map(({ lead }) => storedName(picture.leads[lead])))] : [];
    }

    /** Whether a mark is on the move. */
    get held() {
        return this.#hand.caliper !== null;
    }

    /** All calipers with what they say. */
    get measured() {
        return this.#sheet.measured();
    }

    /** All of them for an address. */
    get text() {
        return writeCalipers(this.#sheet.calipers);
    }

    /** Take those of an address. @param {string} text */
    load(text) {
        const { calipers, unread } = readCalipers(text);
        const here = calipers.filter(({ lead, marks }) => marks.every((mark) => !mark || this.#ways.holds(lead, mark.sample)));
        here.forEach((caliper, i) => {
            caliper.id = i + 1;
        });
        this.#hand.drop();
        this.#guide = new Guide();
        this.#sheet.load(here);
        const elsewhere = calipers.length - here.length;
        const notices = [...(unread ? [MEASURE.unread(unread)] : []), ...(elsewhere ? [MEASURE.elsewhere(elsewhere)] : [])];
        if (notices.length) this.#ways.notice(notices.join(" "));
    }

    /** Whether any of a caliper is in sight. @param {Caliper} caliper */
    inSight(caliper) {
        const picture = still(this.#picture);
        return picture !== null && cellOf(picture, caliper) !== null;
    }

    /** @param {Caliper} caliper */
    remove(caliper) {
        const number = this.#sheet.calipers.indexOf(caliper) + 1;
        if (this.#hand.caliper === caliper) this.#hand.drop();
        this.#guide.forget(caliper);
        this.#sheet.remove(caliper);
        this.#ways.say(MEASURE.removed(number));
    }

    clear() {
        this.#hand.drop();
        this.#guide.forget(null);
        this.#sheet.clear();
        this.#ways.say(MEASURE.removedAll);
    }

    /** Place what the tool measures in the middle of a lead, the focus on it: nothing needs a pointer. @param {string} lead */
    place(lead) {
        const tool = this.#tool;
        const picture = this.#measurable();
        if (!tool || !picture) return;
        const name = (tool === "qt" ? this.#guide.caliper?.lead : null) ?? lead;
        const cell = cellsOf(picture, name).sort((a, b) => b.width - a.width)[0];
        if (!cell) {
            this.#ways.notice(MEASURE.noLead);
            return;
        }
        const { start, stop } = sightOf(picture, cell);
        if (tool === "qt") {
            const { caliper, step } = this.#guide;
            const set = caliper?.marks[step]?.sample ?? (caliper && guessed(caliper.marks, step, picture.fs));
            const at = Math.max(Math.ceil(start), Math.min(Math.floor(stop), set ?? (start + stop) / 2));
            const now = this.#setStep(name, cell, this.#sheet.markAt(name, at, null));
            if (now) this.#focus(now, step);
            return;
        }
        const width = (stop - start) * USUAL_PART;
        const at = (start + stop - width) / 2;
        const caliper = this.#add(tool, name, cell, [at, at + width].map((one) => this.#sheet.markAt(name, one, null)));
        if (caliper) this.#focus(caliper, 0);
    }

    /** Go on with the guide; `place` puts the next mark where it may lie. @param {boolean} place */
    next(place) {
        const { guide } = this;
        if (!guide?.next()) return;
        const { caliper } = guide;
        if (guide.done) {
            this.tool = null;
            if (caliper) this.#tell(caliper);
            return;
        }
        this.#show();
        this.#sayStep();
        if (place) this.place(caliper?.lead ?? this.leads[0] ?? "");
    }

    /** Go back to the mark before. */
    back() {
        this.guide?.back();
        this.#show();
        this.#sayStep();
    }

    #sayStep() {
        const { guide } = this;
        if (guide) this.#ways.say(MEASURE.step(guide.step + 1, STEPS.length, MARKS[STEPS[guide.step]].name));
    }

    // Placing and moving.

    /** The picture if something can be measured in it; else say why not. */
    #measurable() {
        const { refusal } = this;
        if (refusal) this.#ways.notice(REFUSALS[refusal]);
        return refusal ? null : still(this.#picture);
    }

    /** @param {Kind} kind @param {string} lead @param {Cell} cell @param {(Mark | null)[]} marks */
    #add(kind, lead, cell, marks) {
        if (kind === "amplitude" && !this.#sheet.scaled(lead)) this.#ways.notice(MEASURE.noScale(lead));
        else if (this.#sheet.full) this.#ways.notice(MEASURE.enough(MOST));
        else return this.#sheet.add(kind, lead, marks, cell.row);
        return null;
    }

    /** Set the mark that the guide asks for. @param {string} lead @param {Cell} cell @param {Mark} mark */
    #setStep(lead, cell, mark) {
        const { caliper, step } = this.#guide;
        if (!caliper) {
            this.#guide.caliper = this.#add("qt", lead, cell, STEPS.map((_, i) => (i === step ? mark : null)));
            return this.#guide.caliper;
        }
        if (caliper.lead !== lead) {
            this.#ways.notice(MEASURE.sameLead(caliper.lead));
            return null;
        }
        this.#sheet.move(caliper, step, mark);
        return caliper;
    }

    /** @returns {import("./caliperhand.js").Work} */
    #work() {
        return {
            picture: () => still(this.#picture),
            dpr: () => this.#dpr,
            touched: (touch) => {
                if (touch === this.#coarse) return;
                this.#coarse = touch;
                this.#show();
            },
            take: (at, touch) => this.#take(at, touch) ?? this.#begin(at),
            move: ({ caliper, index }, at, mv) => this.#moveTo(caliper, index, at, mv),
            letGo: (held, moved) => this.#letGo(held, moved),
            undo: ({ caliper, index, fresh }, before) => {
                // A new one is no more, but for the marks that the guide had before.
                const others = caliper.kind === "qt" && caliper.marks.some((mark, i) => mark && i !== index);
                if (fresh && !others) this.remove(caliper);
                else this.#sheet.move(caliper, index, before);
            },
        };
    }

    /** Take hold of the handle at a place. @param {Place} at @param {boolean} touch @returns {Held | null} */
    #take(at, touch) {
        const { reach } = touch ? GRIP.coarse : GRIP.fine;
        // With a tool in hand the next caliper may begin where another ends.
        const found = gripAt(this.#layer.shapes, at, { reach, edges: this.#tool ? 0 : EDGE_REACH });
        const caliper = found && this.#sheet.find(found.key);
        const picture = still(this.#picture);
        const cell = picture && caliper && cellOf(picture, caliper);
        if (!found || !caliper || !cell) return null;
        const { index, markX, markY } = found.grip;
        this.#sheet.want(caliper.lead);
        this.#focus(caliper, index);
        return { caliper, index, cell, dx: markX - at.x, dy: markY - at.y, fresh: false };
    }

    /** Place a new caliper, or the next mark of the guide. @param {Place} at @returns {Held | "refused" | null} */
    #begin({ x, y }) {
        const tool = this.#tool;
        if (!tool) return null;
        const picture = this.#measurable();
        if (!picture) return "refused";
        const cell = cellAt(picture, x * this.#dpr, y * this.#dpr);
        if (!cell) {
            this.#ways.notice(MEASURE.noLead);
            return "refused";
        }
        const lead = storedName(picture.leads[cell.lead]);
        this.#sheet.want(lead);
        const mark = this.#markAt(tool, lead, sampleAt(picture, x * this.#dpr), mvAt(picture, cell, y * this.#dpr));
        const { step } = this.#guide;
        const guide = tool === "qt";
        const caliper = guide ? this.#setStep(lead, cell, mark) : this.#add(tool, lead, cell, [mark, { ...mark }]);
        return caliper ? { caliper, index: guide ? step : 1, cell, dx: 0, dy: 0, fresh: true } : "refused";
    }

    /** @param {Kind} kind @param {string} lead @param {number} at @param {number} mv where the pointer is */
    #markAt(kind, lead, at, mv) {
        const picture = still(this.#picture);
        const height = picture && measuresHeight(kind) ? { mv, reach: 0.5 / picture.look.pxPerSample } : null;
        return this.#sheet.markAt(lead, at, height);
    }

    /** @param {Caliper} caliper @param {number} index @param {number} at @param {number} mv */
    #moveTo(caliper, index, at, mv) {
        this.#sheet.move(caliper, index, this.#markAt(caliper.kind, caliper.lead, at, mv));
    }

    /** @param {Held} held @param {boolean} moved */
    #letGo({ caliper, index, cell, fresh }, moved) {
        if (caliper.kind === "qt" && fresh) {
            this.next(false);
            return;
        }
        const picture = still(this.#picture);
        const [mark] = caliper.marks;
        if (fresh && !moved && picture && mark) {
            // A click places one of the usual width, to be moved by its handles.
            const { start, stop } = sightOf(picture, cell);
            const width = (stop - start) * USUAL_PART;
            const at = mark.sample + width <= stop ? mark.sample + width : Math.max(start, mark.sample - width);
            this.#sheet.move(caliper, 1, this.#sheet.markAt(caliper.lead, at, null));
        }
        if (fresh) this.#focus(caliper, index);
        this.#tell(caliper);
        this.#show();
    }

    /** The picture below zooms as if nothing lay over it. @param {WheelEvent} event */
    #wheel(event) {
        event.stopPropagation();
        if (this.#ways.paper?.dispatchEvent(new window.WheelEvent(event.type, event)) === false) event.preventDefault();
    }

    // By key.

    /** @param {KeyboardEvent} event */
    #key(event) {
        const found = this.#layer.find(event.target);
        const caliper = found && this.#sheet.find(found.id);
        const doing = doingOf(event);
        if (!caliper || !doing) return;
        const { index } = found;
        // The viewer's own meaning of these keys does not come after this one.
        event.preventDefault();
        event.stopPropagation();
        if (doing.samples !== undefined) this.#step(caliper, index, doing.samples);
        else if (doing.mv !== undefined) this.#lift(caliper, index, doing.mv);
        else if (doing.act === "next") this.next(true);
        else {
            if (doing.act === "remove") this.remove(caliper);
            else this.tool = null;
            this.#ways.left();
        }
    }

    /** By samples, to that sample's own value. @param {Caliper} caliper @param {number} index @param {number} by */
    #step(caliper, index, by) {
        const mark = caliper.marks[index];
        const picture = still(this.#picture);
        const cell = picture && cellOf(picture, caliper);
        if (!mark || !picture || !cell) return;
        const { start, stop } = sightOf(picture, cell);
        const sample = Math.max(Math.ceil(start), Math.min(Math.floor(stop), mark.sample + by));
        this.#sheet.want(caliper.lead);
        this.#sheet.move(caliper, index, this.#sheet.markAt(caliper.lead, sample, null));
        this.#tell(caliper);
    }

    /**
     * Off the sample's value, where a height is measured: to a baseline that the person sees and no sample has.
     * @param {Caliper} caliper @param {number} index @param {number} by
     */
    #lift(caliper, index, by) {
        const mark = caliper.marks[index];
        if (!mark || mark.mv === null || !measuresHeight(caliper.kind)) return;
        this.#sheet.move(caliper, index, { ...mark, mv: Number((mark.mv + by).toFixed(4)) });
        this.#tell(caliper);
    }

    /** @param {number} id @param {number} index */
    #hold(id, index) {
        if (this.#active?.id === id && this.#active.index === index) return;
        this.#active = { id, index };
        if (this.#coarse) this.#show();
    }

    /** @param {Caliper} caliper @param {number} index */
    #focus(caliper, index) {
        this.#layer.focus(caliper.id, index);
    }

    /** Say what a caliper says. @param {Caliper} caliper */
    #tell(caliper) {
        const measured = this.#sheet.measured().find((one) => one.caliper === caliper);
        if (measured) this.#ways.say(MEASURE.result(measured.number, caliper.lead, spokenWords(measured)));
    }

    // Drawing.

    #show() {
        const all = this.#sheet.measured();
        const picture = still(this.#picture);
        const { clientWidth: width, clientHeight: height } = this.#host;
        const movable = this.refusal === null;
        change(this.#host, { "data-movable": String(movable) });
        const large = (/** @type {Caliper} */ caliper, /** @type {number} */ index) => this.#isLarge(caliper, index);
        this.#layer.show(all, picture, { width, height, dpr: this.#dpr, movable, large });
        this.#ways.changed(all);
    }

    /** Whether a mark has a handle for a finger: the one in hand, of two marks both. @param {Caliper} caliper @param {number} index */
    #isLarge({ id, kind }, index) {
        const active = this.#active;
        return this.#coarse && active?.id === id && (kind !== "qt" || active.index === index);
    }
}
