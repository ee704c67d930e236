// The panel of the calipers: tools, the steps of the guide, what was measured, and copying it.

import { STEPS } from "../measure/qt.js";
import { copyWords, forPage, tableRows } from "../measure/words.js";
import { MARKS, MEASURE, REFUSALS } from "../texts/measure.js";
import { Calipers } from "./calipers.js";
import { copied } from "./copy.js";
import { anyPart, part, write } from "./page.js";

/** @typedef {import("../measure/calipers.js").Kind} Kind */
/** @typedef {import("../measure/words.js").Measured} Measured */

/**
 * `subject`: of what record, for the copied text. `stand`: have the picture stand still. `go`: bring a sample into sight.
 * `changed`: the calipers are others now, for the address; `opens`: the panel opens.
 * @typedef {Pick<import("./calipers.js").Ways, "probe" | "fsOf" | "stores" | "holds" | "notice"> & {
 *   subject: () => import("../measure/words.js").Subject, stand: () => void, go: (sample: number) => void, changed: () => void,
 *   opens?: () => void,
 * }} PageWays
 */

/** A key that is held moves a mark many times a second; browsers allow an address few changes. */
const TELL_MS = 300;

/** @type {readonly Kind[]} */
const TOOLS = ["time", "amplitude", "both", "march", "qt"];

export class Measure {
    #ways;
    #panel = anyPart("measure");
    #opener = anyPart("measure-open");
    #lead = part("measure-lead", HTMLSelectElement);
    #rows = anyPart("measure-rows");
    #text = part("measure-text", HTMLTextAreaElement);
    #told = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #telling;
    #shown = "";
    #steps;
    /** @type {Kind | null} */
    #last = null;

    /** @param {PageWays} ways */
    constructor(ways) {
        this.#ways = ways;
        const steps = STEPS.map((step) => {
            const item = document.createElement("li");
            item.textContent = MARKS[step].name;
            return item;
        });
        this.#steps = steps;
        anyPart("measure-steps").replaceChildren(...steps);
        /** @type {Calipers} */
        this.calipers = new Calipers(anyPart("calipers"), {
            probe: ways.probe,
            fsOf: ways.fsOf,
            stores: ways.stores,
            holds: ways.holds,
            notice: ways.notice,
            changed: (all) => this.#show(all),
            say: (words) => write(anyPart("measure-said"), words),
            left: () => this.#focus(),
            paper: part("paper", HTMLCanvasElement),
        });
        this.#wire();
        this.#show([]);
    }

    #wire() {
        /** @param {string} id @param {(event: MouseEvent) => void} act */
        const press = (id, act) => anyPart(id).addEventListener("click", act);
        press("measure-close", () => this.close());
        for (const tool of TOOLS) press(`measure-${tool}`, () => this.#choose(this.calipers.tool === tool ? null : tool));
        press("measure-place", () => {
            if (!this.calipers.tool) this.#choose("time");
            this.calipers.place(this.#lead.value);
        });
        press("measure-next", ({ detail }) => this.calipers.next(detail === 0));
        press("measure-back", () => this.calipers.back());
        press("measure-clear", () => {
            this.calipers.clear();
            this.#focus();
        });
        press("measure-copy", () => void this.#copy());
        this.#panel.addEventListener("keydown", (event) => {
            if (event.key !== "Escape" || event.defaultPrevented) return;
            event.preventDefault();
            event.stopPropagation();
            this.leave();
        });
    }

    /** Put the tool away, or else the panel; what Escape does. @returns {boolean} whether there was anything */
    leave() {
        if (this.calipers.tool) this.#choose(null);
        else if (this.open) this.close();
        else return false;
        return true;
    }

    /** Take what is told of the picture. @param {import("../measure/places.js").Picture} picture @param {number} dpr */
    layout(picture, dpr) {
        this.calipers.layout(picture, dpr);
        const { leads } = this.calipers;
        if (leads.join("\n") === [...this.#lead.options].map(({ value }) => value).join("\n")) return;
        const { value } = this.#lead;
        this.#lead.replaceChildren(
            ...leads.map((name) => {
                const option = document.createElement("option");
                option.value = option.textContent = name;
                return option;
            }),
        );
        if (leads.includes(value)) this.#lead.value = value;
    }

    get open() {
        return !this.#panel.hidden;
    }

    toggle() {
        if (this.open) this.close();
        else {
            this.#ways.opens?.();
            this.#panel.hidden = false;
            this.#opener.setAttribute("aria-expanded", "true");
            document.documentElement.dataset["measuring"] = "true";
            if (this.calipers.refusal === "moving") this.#ways.stand();
            this.#focus();
        }
    }

    /** Put it away; what was measured stays in the picture. @param {boolean} [back] whether the focus goes back to its button */
    close(back = true) {
        if (!this.open) return;
        this.calipers.tool = null;
        this.#panel.hidden = true;
        this.#opener.setAttribute("aria-expanded", "false");
        delete document.documentElement.dataset["measuring"];
        if (back) this.#opener.focus();
    }

    /** What a page on paper draws. */
    get page() {
        return forPage(this.calipers.measured);
    }

    /** @param {Kind | null} tool */
    #choose(tool) {
        this.#last = tool ?? this.#last;
        this.calipers.tool = tool;
        const { refusal } = this.calipers;
        if (tool && refusal === "moving") this.#ways.stand();
        else if (tool && refusal) this.#ways.notice(REFUSALS[refusal]);
    }

    /** Where the focus goes when what had it is no more: to the tool used last. */
    #focus() {
        if (this.open) anyPart(`measure-${this.calipers.tool ?? this.#last ?? TOOLS[0]}`).focus();
        else this.#opener.focus();
    }

    async #copy() {
        const { subject } = this.#ways;
        const { patient, ...of } = subject();
        const named = part("measure-patient", HTMLInputElement).checked;
        const words = copyWords({ ...of, patient: named ? patient : null }, this.calipers.measured);
        const done = await copied(words, this.#text);
        this.#ways.notice(done ? MEASURE.copied : MEASURE.byHand);
    }

    // What is shown.

    /** @param {Measured[]} all */
    #show(all) {
        const { tool, guide, refusal, text, held } = this.calipers;
        for (const one of TOOLS) anyPart(`measure-${one}`).setAttribute("aria-pressed", String(one === tool));
        const step = guide ? STEPS[guide.step] : null;
        anyPart("measure-guide").hidden = !step;
        if (guide && step) {
            write(anyPart("measure-step"), MEASURE.step(guide.step + 1, STEPS.length, MARKS[step].name));
            write(anyPart("measure-what"), MARKS[step].what);
            const set = Boolean(guide.caliper?.marks[guide.step]);
            const next = part("measure-next", HTMLButtonElement);
            next.disabled = !set && !guide.optional;
            write(next, set ? MEASURE.next : guide.optional ? MEASURE.skip : MEASURE.next);
            part("measure-back", HTMLButtonElement).disabled = guide.step === 0;
            this.#steps.forEach((item, i) => {
                item.dataset["set"] = String(Boolean(guide.caliper?.marks[i]));
                item.toggleAttribute("aria-current", i === guide.step);
                if (i === guide.step) item.setAttribute("aria-current", "step");
            });
        }
        write(anyPart("measure-hint"), hintOf(tool, refusal));
        for (const id of ["measure-copy", "measure-clear"]) part(id, HTMLButtonElement).disabled = all.length === 0;
        this.#list(all);
        if (held || text === this.#told) return;
        this.#told = text;
        this.#text.hidden = true;
        clearTimeout(this.#telling);
        this.#telling = setTimeout(() => this.#ways.changed(), TELL_MS);
    }

    /** @param {Measured[]} all */
    #list(all) {
        const rows = all.map((measured) => ({ measured, seen: this.calipers.inSight(measured.caliper), said: tableRows(measured) }));
        const shown = JSON.stringify(rows.map(({ measured, seen, said }) => [measured.caliper.id, measured.number, seen, said]));
        if (shown === this.#shown) return;
        this.#shown = shown;
        anyPart("measure-empty").hidden = all.length > 0;
        anyPart("measure-table").hidden = all.length === 0;
        // The newest first: it is the one asked about.
        this.#rows.replaceChildren(...rows.reverse().flatMap(({ measured, seen, said }) => this.#rowsOf(measured, seen, said)));
    }

    /** @param {Measured} measured @param {boolean} seen @param {import("../measure/words.js").Row[]} said */
    #rowsOf({ caliper, number }, seen, said) {
        return said.map(({ what, value, how }, i) => {
            const row = document.createElement("tr");
            if (i === 0) {
                row.className = "measure__first";
                const head = cell("th", `${number}`, said.length);
                head.setAttribute("scope", "rowgroup");
                row.append(head, cell("td", caliper.lead, said.length));
            }
            const told = cell("td", value);
            told.className = "measure__value";
            const small = document.createElement("small");
            small.className = "measure__how";
            small.textContent = how;
            told.append(" ", small);
            row.append(cell("td", what), told);
            if (i === 0) {
                const ways = cell("td", "", said.length);
                if (!seen) {
                    const first = Math.min(...caliper.marks.flatMap((mark) => (mark ? [mark.sample] : [])));
                    ways.append(`${MEASURE.outOfSight} `, button(MEASURE.showWord, MEASURE.show(number), () => this.#ways.go(first)));
                }
                ways.append(button("\u00d7", MEASURE.remove(number), () => {
                    this.calipers.remove(caliper);
                    this.#focus();
                }));
                row.append(ways);
            }
            return row;
        });
    }
}

/** @param {Kind | null} tool @param {keyof typeof REFUSALS | null} refusal */
function hintOf(tool, refusal) {
    if (refusal) return REFUSALS[refusal];
    if (!tool) return MEASURE.noTool;
    return tool === "qt" ? MEASURE.guideHint : MEASURE.hint;
}

/** @param {"td" | "th"} name @param {string} words */
function cell(name, words, rows = 1) {
    const made = document.createElement(name);
    made.textContent = words;
    if (rows > 1) made.rowSpan = rows;
    return made;
}

/** @param {string} words @param {string} label @param {() => void} act */
function button(words, label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button button--quiet measure__small";
    made.textContent = words;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
}
