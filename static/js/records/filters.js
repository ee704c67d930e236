// @ts-check
/**
 * What the list can be narrowed down to: leads, rate, length, data set, annotations, quality. What is offered is what the
 * server has, with how many records have it.
 *
 * @typedef {import("./choice.js").Choice} Choice
 *
 * @typedef {object} Facets what GET /api/v1/facets says
 * @property {number} total
 * @property {number} annotated
 * @property {[string, number][]} leads
 * @property {[number, number][]} rates
 * @property {[string, number][]} datasets
 * @property {[string, number][]} qualities
 * @property {{ count: number, reasons: string[] }} left_out
 */

import { ALL, chosenBeside, SPANS } from "./choice.js";
import { rate } from "./format.js";
import { element } from "./row.js";
import { FILTERS } from "../texts/records.js";

/** Leads that are offered: the most frequent ones. */
const LEADS_MOST = 40;

/**
 * One of each name, whatever its case, as the server asks for them: the most frequent spelling.
 * @param {[string, number][]} leads the most frequent first
 * @returns {[string, number][]}
 */
export function anyCase(leads) {
    /** @type {Map<string, [string, number]>} */
    const names = new Map();
    for (const [name, count] of leads) {
        const known = names.get(name.toLowerCase());
        if (known) known[1] += count;
        else names.set(name.toLowerCase(), [name, count]);
    }
    return [...names.values()].sort((a, b) => b[1] - a[1]);
}

export class RecordFilters {
    #changed;
    #host;
    /** @type {Choice} */
    #choice = ALL;
    /** @type {Map<keyof Choice, HTMLSelectElement>} */
    #selects = new Map();
    #leads = element("div", "filters__leads");
    #leadsTitle = element("summary", "button button--quiet", FILTERS.leads);
    #clear = element("button", "button button--quiet", FILTERS.clear);

    /**
     * @param {HTMLElement} host
     * @param {(choice: Choice) => void} changed is told what is chosen, the words left as they were
     */
    constructor(host, changed) {
        this.#host = host;
        this.#changed = changed;
        this.#clear.type = "button";
        this.#clear.addEventListener("click", () => this.#tell({ ...ALL, query: this.#choice.query }));
        const leads = element("details", "menu filters__menu", this.#leadsTitle, this.#leads);
        leads.addEventListener("keydown", (event) => {
            if (event.key !== "Escape" || !leads.open) return;
            leads.open = false;
            this.#leadsTitle.focus();
            event.stopPropagation();
        });
        document.addEventListener("pointerdown", (event) => {
            if (event.target instanceof Node && !leads.contains(event.target)) leads.open = false;
        });
        host.append(
            leads, this.#select("fs"), this.#select("span"), this.#select("dataset"), this.#select("annotated"),
            this.#select("quality"), this.#clear,
        );
    }

    /** @param {Choice} choice what is chosen now */
    show(choice) {
        this.#choice = choice;
        for (const [name, select] of this.#selects) this.#put(select, String(choice[name]));
        for (const box of this.#leads.querySelectorAll("input")) box.checked = choice.leads.includes(box.value);
        this.#leadsTitle.textContent = choice.leads.length ? FILTERS.withLeads(choice.leads.join(", ")) : FILTERS.leads;
        this.#clear.hidden = !chosenBeside(choice);
    }

    /** @param {Facets} facets */
    offer(facets) {
        this.#fill("fs", facets.rates.map(([fs, count]) => [String(fs), FILTERS.option(rate(fs), count)]));
        this.#fill("span", Object.keys(SPANS).map((name) => [name, FILTERS.spans[name]]));
        this.#fill("dataset", facets.datasets.filter(([name]) => name).map(([name, count]) => [name, FILTERS.option(name, count)]));
        this.#fill("annotated", [
            ["true", FILTERS.option(FILTERS.annotated, facets.annotated)],
            ["false", FILTERS.option(FILTERS.notAnnotated, facets.total - facets.annotated)],
        ]);
        this.#fill("quality", facets.qualities.map(([word, count]) => [word, FILTERS.option(FILTERS.qualities[word] ?? word, count)]));
        this.#leads.replaceChildren(...anyCase(facets.leads).slice(0, LEADS_MOST).map(([name, count]) => this.#lead(name, count)));
        this.#host.hidden = facets.total === 0;
        delete this.#host.dataset.waiting;
        this.show(this.#choice);
    }

    /** @param {string} name @param {number} count */
    #lead(name, count) {
        const box = element("input");
        box.type = "checkbox";
        box.value = name;
        // A name with a comma in it cannot be asked for: commas part names.
        box.disabled = name.includes(",");
        box.addEventListener("change", () => {
            const others = this.#choice.leads.filter((one) => one !== name);
            this.#tell({ ...this.#choice, leads: box.checked ? [...others, name] : others });
        });
        return element("label", "filters__lead", box, element("span", "", name), " ", element("span", "filters__count num", count.toLocaleString("en")));
    }

    /** @param {"fs" | "span" | "dataset" | "annotated" | "quality"} name */
    #select(name) {
        const select = element("select", "select");
        select.id = `filter-${name}`;
        select.setAttribute("aria-label", FILTERS.any[name]);
        select.addEventListener("change", () => this.#tell({ ...this.#choice, [name]: select.value }));
        this.#selects.set(name, select);
        return select;
    }

    /** @param {"fs" | "span" | "dataset" | "annotated" | "quality"} name @param {[value: string, words: string][]} options */
    #fill(name, options) {
        const select = this.#selects.get(name);
        if (!select) return;
        select.replaceChildren(...[["", FILTERS.any[name]], ...options].map(([value, words]) => {
            const option = element("option", "", words);
            option.value = value;
            return option;
        }));
        // One alone is no choice.
        select.hidden = options.length < 2 && !this.#choice[name];
    }

    /** Choose a value, though nothing has it any more. @param {HTMLSelectElement} select @param {string} value */
    #put(select, value) {
        if (value && ![...select.options].some((one) => one.value === value)) {
            const option = element("option", "", FILTERS.option(value, 0));
            option.value = value;
            select.append(option);
        }
        select.value = value;
        select.hidden = select.options.length < 3 && !value;
    }

    /** @param {Choice} choice */
    #tell(choice) {
        this.show(choice);
        this.#changed(choice);
    }
}
