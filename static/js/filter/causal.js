// Forward alone over what is live: nobody knows what comes, so that waves come late and the label says so.

import { run } from "./run.js";

/** @typedef {import("./design.js").Design} Design */
/** @typedef {import("./zerophase.js").Filtered} Filtered */

/** Filters one lead as it comes, in pieces of any size. */
export class Causal {
    #design;
    #baseline;
    /** @type {Float64Array | null} */
    #states = null;
    /** The first value after a gap: what all are counted from. */
    #first = 0;
    #since = 0;

    /**
     * @param {Design} design made for the manner `causal`
     * @param {number} [baseline] the stored value that is 0 mV: a high pass leaves the trace around it
     */
    constructor(design, baseline = 0) {
        this.#design = design;
        this.#baseline = baseline;
    }

    /** What comes next does not join what was before: begin as after a gap. */
    restart() {
        this.#states = null;
    }

    /**
     * Return the next samples filtered, in their own unit, NaN where they are missing or not finite.
     * After a gap, and at first, they are not settled for the settling time.
     * @param {Float64Array} values
     * @returns {Filtered}
     */
    feed(values) {
        const n = values.length;
        const out = new Float64Array(n).fill(NaN);
        const settled = new Uint8Array(n);
        for (let start = 0; start < n; start++) {
            if (!Number.isFinite(values[start])) {
                this.restart();
                continue;
            }
            let stop = start + 1;
            while (stop < n && Number.isFinite(values[stop])) stop++;
            this.#run(out.subarray(start, stop), values.subarray(start, stop));
            const first = start + Math.max(0, this.#design.settling - this.#since);
            if (first < stop) settled.fill(1, first, stop);
            this.#since += stop - start;
            start = stop - 1;
        }
        return { values: out, settled };
    }

    /** @param {Float64Array} out @param {Float64Array} values */
    #run(out, values) {
        const { sections, level } = this.#design;
        if (!this.#states) {
            // As if the first value had always been there: an offset is no step.
            this.#first = values[0];
            this.#states = new Float64Array(2 * sections.length);
            this.#since = 0;
        }
        if (!sections.length) {
            out.set(values);
            return;
        }
        for (let i = 0; i < values.length; i++) out[i] = values[i] - this.#first;
        run(sections, out, this.#states);
        const lift = level ? this.#first : this.#baseline;
        for (let i = 0; i < values.length; i++) out[i] += lift;
    }
}
