// @ts-check
/**
 * One record as a row: its strip, its facts, its leads. Names reach the page by textContent only.
 *
 * @typedef {import("./model.js").RecordItem} RecordItem
 * @typedef {import("./model.js").Lead} Lead
 * @typedef {import("./preview.js").Preview} Preview
 */

import { counted, duration, gapSummary, rate, rateRemark, startTime, unitText, units } from "./format.js";
import { isEcg, reviewUrl, toggled } from "./model.js";
import { drawPreview, faceOf } from "./preview.js";
import { RECORDS } from "../texts/records.js";
import { UNITS } from "../texts/units.js";

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, className = "", ...children) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children);
    return made;
}

/** One row. `element` is in the page; everything else is told to the row. */
export class Row {
    /** @type {Preview | null} */
    #preview = null;
    #canvas = element("canvas", "strip__picture");
    #caption = element("figcaption", "strip__caption num");
    #gaps = element("dd", "num", RECORDS.waiting);
    #open = element("span", "button record__open");
    /** @type {HTMLButtonElement[]} */
    #chips = [];
    #say;

    /**
     * @param {RecordItem} record
     * @param {readonly string[]} chosen names of leads
     * @param {(record: string, chosen: readonly string[]) => void} say is told every choice of leads
     */
    constructor(record, chosen, say) {
        this.record = record;
        /** Whether there is anything on its strip yet. */
        this.painted = false;
        this.#say = say;
        this.chosen = chosen;
        this.link = element("a", "record__link", record.record);
        this.link.tabIndex = -1;
        this.#open.setAttribute("aria-hidden", "true");
        this.#canvas.setAttribute("role", "img");
        const strip = element("figure", "strip", this.#canvas, this.#caption);
        const title = element("h3", "record__title", this.link);
        const head = element("div", "record__head", title, this.#open);
        const body = element("div", "record__body", head, this.#facts(), this.#leads(), ...this.#found(), this.#origin());
        this.element = element("li", "record", strip, body);
        this.element.dataset.record = record.record;
        this.#tell(RECORDS.waiting);
        this.#showChoice();
    }

    /** The chips of the leads, in their order. */
    get chips() {
        return this.#chips;
    }

    /** @param {Preview | null} preview what was read of the record: what is drawn from now on */
    take(preview) {
        this.#preview = preview;
        this.#gaps.textContent = preview ? gapSummary(this.record, preview.details) : RECORDS.none;
        if (!preview) this.#tell(RECORDS.noLead);
        this.element.dataset.preview = "shown";
    }

    /** @param {string} why there is no preview */
    showFailure(why) {
        this.#tell(why);
        this.#gaps.textContent = UNITS.unknown;
        this.element.dataset.preview = "failed";
    }

    /** What the strip is to be drawn by, as things are now. */
    face() {
        return faceOf(this.#canvas);
    }

    /** Paint, and again where the width, the theme or the screen is another one. @param {import("./preview.js").Face} face */
    draw(face) {
        this.painted = true;
        const seen = drawPreview(this.#canvas, this.#preview, face);
        if (this.#preview) this.#tell(seen);
    }

    /** @param {string} seen what the strip shows, or why it shows nothing: also to who cannot look at it */
    #tell(seen) {
        this.#caption.textContent = seen;
        this.#canvas.setAttribute("aria-label", RECORDS.firstSignal(this.record.record, seen));
    }

    /** @param {string} name a lead is chosen, or dropped */
    toggle(name) {
        this.chosen = toggled(this.record, this.chosen, name);
        this.#showChoice();
        this.#say(this.record.record, this.chosen);
    }

    /** @param {boolean} selected the keyboard stands on this row */
    select(selected) {
        this.element.classList.toggle("record--selected", selected);
        for (const one of [this.link, ...this.#chips]) one.tabIndex = selected ? 0 : -1;
    }

    #showChoice() {
        this.link.href = reviewUrl(this.record.record, this.chosen);
        for (const chip of this.#chips) {
            chip.setAttribute("aria-pressed", String(this.chosen.includes(chip.value)));
        }
        const [only, ...others] = this.chosen;
        if (only === undefined) this.#open.textContent = RECORDS.open;
        else this.#open.textContent = RECORDS.openThese(others.length ? counted(this.chosen.length, "lead") : only);
    }

    #facts() {
        const { fs, length, fs_source: source, start_time: start, zone, dates_shifted: shifted } = this.record;
        const facts = element("dl", "record__facts");
        /** @type {(name: string, value: HTMLElement) => void} */
        const add = (name, value) => facts.append(element("div", "record__fact", element("dt", "label", name), value));
        add(RECORDS.length, element("dd", "num", duration(length / fs)));
        const rates = element("dd", "num", rate(fs));
        const remark = rateRemark(source);
        if (remark) rates.append(" ", element("span", "record__remark", remark));
        add(RECORDS.rate, rates);
        add(RECORDS.start, element("dd", "num", startTime(start, zone, shifted)));
        add(RECORDS.gaps, this.#gaps);
        return facts;
    }

    #leads() {
        const ecg = this.record.leads.filter(isEcg);
        const others = this.record.leads.filter((lead) => !isEcg(lead));
        const list = element("div", "leads");
        list.setAttribute("role", "group");
        list.setAttribute("aria-label", RECORDS.leadsOf(this.record.record));
        if (ecg.length) {
            list.append(element("span", "leads__kind label", RECORDS.ecgLeads(ecg.length), plainCase(units(ecg))));
            for (const lead of ecg) list.append(this.#chip(lead, ""));
        }
        if (others.length) {
            list.append(element("span", "leads__kind label", ecg.length ? RECORDS.alsoLeads : RECORDS.noEcg));
            for (const lead of others) list.append(this.#chip(lead, RECORDS.kindUnit(lead.kind, unitText(lead.unit))));
        }
        return list;
    }

    /** @param {Lead} lead @param {string} remark */
    #chip(lead, remark) {
        const chip = element("button", "lead", lead.name);
        const ofOtherRate = lead.fs === this.record.fs ? "" : rate(lead.fs);
        const said = [remark, ofOtherRate].filter(Boolean).join(", ");
        if (said) chip.append(" ", element("span", "lead__remark", said));
        chip.type = "button";
        chip.value = lead.name;
        chip.tabIndex = -1;
        chip.addEventListener("click", () => this.toggle(lead.name));
        this.#chips.push(chip);
        return chip;
    }

    /** What was not plain, and how it was found. */
    #found() {
        const found = Object.entries(this.record.found ?? {});
        if (!found.length) return [];
        const facts = found.map(([what, how]) => element("div", "record__fact", element("dt", "label", what), element("dd", "", how)));
        const details = element("details", "record__found", element("summary", "", RECORDS.howFound), element("dl", "record__facts", ...facts));
        // Its toggle is no click on the row, and no key of the list.
        details.addEventListener("keydown", (event) => event.stopPropagation());
        return [details];
    }

    #origin() {
        const { source, licence } = this.record;
        const origin = element("p", "record__origin");
        origin.append(
            element("span", "", source ?? RECORDS.sourceNotStated),
            element("span", "record__licence", licence ?? RECORDS.licenceNotStated),
        );
        return origin;
    }
}

/** A unit keeps its letters: mV is not MV. @param {string} text */
function plainCase(text) {
    return element("span", "leads__unit", text);
}
