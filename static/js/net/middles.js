// Where the middle of each lead lies over its whole record, from what the files' footers say: asked for once.

import { scaleOf } from "../signal/calibration.js";
import { fetchOutline } from "./tiles.js";

/** @typedef {import("../wire/events.js").LeadInfo} LeadInfo */

export class Middles {
    /** Millivolts. @type {Map<string, number>} */
    #known = new Map();
    #asked = new Set();

    /** @param {string} lead @returns {number} in mV, 0 where it is not known */
    of(lead) {
        return this.#known.get(lead) ?? 0;
    }

    /**
     * Ask for those that were never asked for. Returns whether there is anything new.
     * @param {string} record
     * @param {LeadInfo[]} leads in mV
     */
    async ask(record, leads) {
        const wanted = leads.filter(({ name }) => !this.#asked.has(name));
        if (!wanted.length) return false;
        for (const { name } of wanted) this.#asked.add(name);
        try {
            const { groups } = await fetchOutline({ record, leads: wanted.map(({ name }) => name) });
            for (const lead of wanted) this.#known.set(lead.name, middleOf(lead, groups));
        } catch {
            // Not known is 0: drawn as on any paper, and asked for again with the next page.
            return false;
        }
        return true;
    }
}

/**
 * Return the median of the middles of a lead's stored pieces, in mV; 0 where nothing is known of them.
 * @param {LeadInfo} lead
 * @param {{ leads: string[], low: Float64Array[], high: Float64Array[] }[]} groups
 */
export function middleOf(lead, groups) {
    const group = groups.find(({ leads }) => leads.includes(lead.name));
    if (!group) return 0;
    const at = group.leads.indexOf(lead.name);
    const { slope, offset } = scaleOf(lead);
    const middles = [...group.low[at]]
        .map((low, k) => ((low + group.high[at][k]) / 2) * slope + offset)
        .filter((middle) => !Number.isNaN(middle))
        .sort((a, b) => a - b);
    return middles.length ? middles[Math.floor(middles.length / 2)] : 0;
}
