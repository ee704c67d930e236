// The range of each lead that has no place on ECG paper, over its whole record: asked for once.

import { fetchRanges } from "./api.js";

/** @typedef {import("./api.js").Range} Range */

export class Ranges {
    /** @type {Map<string, Range | null>} */
    #known = new Map();
    /** Why there is none, null where nothing failed. @type {string | null} */
    failure = null;

    /** @param {string} lead @returns {Range | null} */
    of(lead) {
        return this.#known.get(lead) ?? null;
    }

    /**
     * Ask for those that were never asked for. Returns whether there is anything new.
     * @param {string} record
     * @param {string[]} leads
     */
    async ask(record, leads) {
        const wanted = leads.filter((lead) => !this.#known.has(lead));
        if (!wanted.length) return false;
        for (const lead of wanted) this.#known.set(lead, null);
        try {
            for (const [lead, range] of await fetchRanges({ record, leads: wanted })) {
                this.#known.set(lead, range);
            }
            this.failure = null;
        } catch (error) {
            this.failure = error instanceof Error ? error.message : String(error);
        }
        return true;
    }
}
