// The choice of leads: a list with what each one is.

import { anyPart, part } from "./page.js";

/** @typedef {{ name: string, unit: string | null, kind: string, fs: number }} Known */

/** Kinds, for a person. @type {Record<string, string>} */
const KINDS = {
    ecg: "ECG",
    abp: "arterial pressure, not an ECG",
    pleth: "plethysmogram, not an ECG",
    resp: "respiration, not an ECG",
    numeric: "numbers, not a signal",
};

/**
 * @param {Known} lead
 */
export function kindWords({ kind, unit, fs }) {
    const what = KINDS[kind] ?? (kind ? `${kind}, not an ECG` : "kind unknown");
    const rate = fs < 1 ? `1 in ${Number((1 / fs).toPrecision(4))} s` : `${Number(fs.toPrecision(7))} Hz`;
    return `${what} \u00b7 ${unit ?? "unit unknown"} \u00b7 ${rate}`;
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

    /** @param {(leads: string[]) => void} choose */
    constructor(choose) {
        this.#choose = choose;
        anyPart("leads-ecg").addEventListener("click", () => {
            const first = this.#known.find((lead) => lead.kind === "ecg") ?? this.#known[0];
            this.#take(
                this.#known
                    .filter((lead) => lead.fs === first.fs && lead.kind === first.kind)
                    .map((lead) => lead.name),
            );
        });
    }

    /** @param {Known[]} known @param {string[]} chosen */
    show(known, chosen) {
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
                return row;
            }),
        );
    }

    #tick() {
        for (const box of this.#list.querySelectorAll("input")) {
            box.checked = this.#chosen.includes(box.value);
        }
    }
}
