// Columns of several samples to columns of pixels: the lowest of the lowest, the highest of the highest.

/** @typedef {import("../look/envelope.js").Envelope} Envelope */
/**
 * `low[i]`, `high[i]`: stored values of pixel column `from + i`, NaN where nothing is. `missing`: runs of
 * pixel columns that hold nothing but missing samples.
 * @typedef {{ from: number, low: Float64Array, high: Float64Array, missing: { start: number, stop: number }[] }} Bars
 */

/**
 * Return the bars of pixel columns [from, to). A column of samples that lies in two columns of pixels is in
 * both: a peak may come out a pixel wide of its place, and never less high.
 * @param {Envelope} envelope
 * @param {{ from: number, to: number }} span
 * @param {number} pxPerSample
 * @returns {Bars}
 */
export function barsOf({ edges, low, high }, { from, to }, pxPerSample) {
    const count = Math.max(0, to - from);
    /** @type {Bars} */
    const bars = { from, low: new Float64Array(count).fill(NaN), high: new Float64Array(count).fill(NaN), missing: [] };
    for (let k = 0; k + 1 < edges.length; k++) {
        const first = Math.floor(edges[k] * pxPerSample);
        if (first >= to) break;
        const last = Math.max(first, Math.ceil(edges[k + 1] * pxPerSample - 1e-9) - 1);
        if (last < from) continue;
        if (Number.isNaN(low[k])) {
            const run = bars.missing.at(-1);
            if (run && run.stop >= first) run.stop = last + 1;
            else bars.missing.push({ start: first, stop: last + 1 });
            continue;
        }
        for (let px = Math.max(first, from); px <= last && px < to; px++) {
            const at = px - from;
            if (!(bars.low[at] <= low[k])) bars.low[at] = low[k];
            if (!(bars.high[at] >= high[k])) bars.high[at] = high[k];
        }
    }
    return bars;
}
