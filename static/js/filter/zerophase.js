// Forward and backward over what is stored: no phase is shifted, and a wave stays where it was.

import { steady } from "./design.js";
import { run } from "./run.js";

/** @typedef {import("./design.js").Design} Design */

/** `values`: NaN = missing; `settled`: 1 = to be trusted. @typedef {{ values: Float64Array, settled: Uint8Array }} Filtered */

/**
 * Return `values` filtered, in their own unit; a high pass leaves the trace around `baseline`, the stored
 * value that is 0 mV, so that what turns stored values into mV goes on being right.
 *
 * Each run between gaps is filtered by itself, as `scipy.signal.sosfiltfilt` does it. A run too short for
 * its padding gets a shorter one: left as it was it would be unfiltered under the name of a filter, left
 * out it would be data hidden. What is missing or not finite is NaN and not settled; nor is what lies
 * within the settling time of a gap, or of an end of `values` that is not one of the record.
 * @param {Float64Array} values
 * @param {Design} design
 * @param {{ baseline?: number, recordEnds?: [boolean, boolean] }} [options] first and last end
 * @returns {Filtered}
 */
export function zeroPhase(values, design, { baseline = 0, recordEnds = [false, false] } = {}) {
    const n = values.length;
    const out = new Float64Array(n).fill(NaN);
    const settled = new Uint8Array(n);
    for (let start = 0; start < n; start++) {
        if (!Number.isFinite(values[start])) continue;
        let stop = start + 1;
        while (stop < n && Number.isFinite(values[stop])) stop++;
        if (design.sections.length) filterRun(out, values, start, stop, design, baseline);
        else out.set(values.subarray(start, stop), start);
        const first = start > 0 || !recordEnds[0] ? start + design.settling : start;
        const last = stop < n || !recordEnds[1] ? stop - design.settling : stop;
        if (first < last) settled.fill(1, first, last);
        start = stop;
    }
    return { values: out, settled };
}

/**
 * Filter [start, stop) of `values`, one sample at least, into `out`.
 * @param {Float64Array} out
 * @param {Float64Array} values
 * @param {number} start
 * @param {number} stop
 * @param {Design} design
 * @param {number} baseline
 */
function filterRun(out, values, start, stop, { sections, level }, baseline) {
    const n = stop - start;
    // scipy's own choice for sections of second order.
    const pad = Math.min(3 * (2 * sections.length + 1), n - 1);
    // An offset of 300 mV would eat the digits of a signal of 1 mV; a filter is linear.
    const first = values[start];
    const end = values[stop - 1] - first;
    const padded = new Float64Array(n + 2 * pad);
    for (let i = 0; i < n; i++) padded[pad + i] = values[start + i] - first;
    // Odd: turned about the point at the end, so that neither value nor slope breaks there.
    for (let i = 1; i <= pad; i++) {
        padded[pad - i] = -padded[pad + i];
        padded[pad + n - 1 + i] = 2 * end - padded[pad + n - 1 - i];
    }
    const rest = steady(sections);
    for (let pass = 0; pass < 2; pass++) {
        const from = padded[0];
        run(sections, padded, rest.map((state) => state * from));
        padded.reverse();
    }
    const lift = level ? first : baseline;
    for (let i = 0; i < n; i++) out[start + i] = padded[pad + i] + lift;
}
