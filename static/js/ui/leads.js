// The choice of leads: a list with what each one is.

import { LEADS } from "../texts/leads.js";
import { TIMES } from "./link.js";
import { anyPart, fillSelect, part } from "./page.js";
import { UNITS } from "../texts/units.js";

/** @typedef {{ name: string, unit: string | null, kind: string, fs: number }} Known */

/**
 * @param {Known} lead
 */
export function kindWords({ kind, unit, fs }) {
    const what = LEADS.kinds[kind] ?? (kind ? LEADS.otherKind(kind) : LEADS.kindUnknown);
    const rate = fs < 1 ? LEADS.oneIn(String(Number((1 / fs).toPrecision(4)))) : UNITS.hertz(String(Number(fs.toPrecision(7))));
    return `${what} \u00b7 ${unit ?? LEADS.unitUnknown} \u00b7 ${rate}`;
}

/**
 * Return the leads to show after one was ticked or unticked: in the record's order, of one rate, at
 * least one.
 * @param {Known[]} known
 * @param {string[]} chosen
 * @param {string} name
 * @param {boolean} ticked
 */
export function afterTick(known, chosen, name, ticked) {
    const fs = known.find((lead) => lead.name === name)?.fs;
    const wanted = new Set(ticked ? [...chosen, name] : chosen.filter((other) => other !== name));
    const next = known
        .filter((lead) => wanted.has(lead.name) && (!ticked || lead.fs === fs))
        .map((lead) => lead.name);
    return next.length ? next : [name];
}

/** The dialog. */
export class LeadChoice {
    #dialog = part("leads-dialog", HTMLDialogElement);
    #list = anyPart("leads-list");
    #choose;
    /** @type {Known[]} */
    #known = [];
    /** @type {string[]} */
    #chosen = [];

    /** @type {Record<string, number>} */
    #times = {};
    #setTimes;

    /**
     * @param {{ choose: (leads: string[]) => void, times: (lead: string, by: number) => void }} page `times`: draw
     *   a lead so much larger than the gain says; negative = turned over
     */
    constructor({ choose, times }) {
        this.#choose = choose;
        this.#setTimes = times;
        anyPart("leads-ecg").addEventListener("click", () => {
            const first = this.#known.find((lead) => lead.kind === "ecg") ?? this.#known[0];
            this.#take(
                this.#known
                    .filter((lead) => lead.fs === first.fs && lead.kind === first.kind)
                    .map((lead) => lead.name),
            );
        });
    }

    /** @param {Known[]} known @param {string[]} chosen @param {Record<string, number>} times */
    show(known, chosen, times) {
        this.#times = { ...times };
        // Told with each move of the paper.
        if (this.#known === known && this.#chosen.join("\n") === chosen.join("\n") && this.#list.childElementCount) return;
        this.#known = known;
        this.#chosen = chosen;
        if (this.#list.childElementCount !== known.length) this.#build();
        this.#tick();
    }

    open() {
        if (!this.#dialog.open) this.#dialog.showModal();
    }

    /** @param {string[]} leads */
    #take(leads) {
        this.#chosen = leads;
        this.#tick();
        this.#choose(leads);
    }

    #build() {
        this.#list.replaceChildren(
            ...this.#known.map((lead) => {
                const row = document.createElement("label");
                row.className = "lead";
                const box = document.createElement("input");
                box.type = "checkbox";
                box.value = lead.name;
                box.addEventListener("change", () => {
                    this.#take(afterTick(this.#known, this.#chosen, lead.name, box.checked));
                });
                const name = document.createElement("span");
                name.className = "lead__name";
                name.textContent = lead.name;
                const what = document.createElement("span");
                what.className = "lead__what num";
                what.textContent = kindWords(lead);
                row.append(box, name, what);
                const line = document.createElement("div");
                line.className = "lead-line";
                line.append(row, this.#larger(lead.name), this.#turned(lead.name));
                return line;
            }),
        );
    }

    /** @param {string} lead */
    #larger(lead) {
        const select = document.createElement("select");
        select.className = "select num";
        select.setAttribute("aria-label", LEADS.gainOf(lead));
        fillSelect(select, TIMES, (by) => `\u00d7${by}`);
        select.value = String(Math.abs(this.#times[lead] ?? 1));
        select.addEventListener("change", () => {
            this.#change(lead, Number(select.value) * Math.sign(this.#times[lead] ?? 1));
        });
        return select;
    }

    /** @param {string} lead */
    #turned(lead) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button";
        button.textContent = LEADS.invert;
        button.setAttribute("aria-label", LEADS.invertLead(lead));
        button.setAttribute("aria-pressed", String((this.#times[lead] ?? 1) < 0));
        button.addEventListener("click", () => {
            this.#change(lead, -(this.#times[lead] ?? 1));
            button.setAttribute("aria-pressed", String((this.#times[lead] ?? 1) < 0));
        });
        return button;
    }

    /** @param {string} lead @param {number} by */
    #change(lead, by) {
        this.#times[lead] = by;
        this.#setTimes(lead, by);
    }

    #tick() {
        for (const box of this.#list.querySelectorAll("input")) {
            box.checked = this.#chosen.includes(box.value);
        }
    }
}
