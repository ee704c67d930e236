// Columns of several samples to columns of pixels: the lowest of the lowest, the highest of the highest.

/** @typedef {import("../look/envelope.js").Envelope} Envelope */
/**
 * `low[i]`, `high[i]`: stored values of pixel column `from + i`, NaN where nothing is. `missing`: runs of
 * pixel columns that hold nothing but missing samples, or an infinite one.
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
        if (!(low[k] <= high[k])) {
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

/**
 * Paint bars, each joined to the one before: what lies between two columns is a line too. A peak beyond the
 * canvas is marked at its edge.
 * @param {import("./painter.js").Context} ctx
 * @param {Bars} bars
 * @param {import("./layouts.js").Height} height
 * @param {{ x: number, thick: number, high: number, edge: number, ink: string, warn: string }} looks `x` of column
 *   0; `high`: rows of the canvas
 */
export function paintBars(ctx, { from, low, high: highest }, { slope, offset }, { x, thick, high, edge, ink, warn }) {
    // One stroke for all: a rectangle each takes twenty times as long.
    ctx.strokeStyle = ink;
    ctx.lineWidth = 1;
    ctx.lineCap = "butt";
    ctx.beginPath();
    let [topBefore, footBefore] = [NaN, NaN];
    /** @type {{ left: number, y: number }[]} */
    const beyond = [];
    for (let i = 0; i < low.length; i++) {
        if (Number.isNaN(low[i])) {
            topBefore = footBefore = NaN;
            continue;
        }
        const left = x + from + i;
        const one = low[i] * slope + offset;
        const two = highest[i] * slope + offset;
        const own = Math.min(one, two) - thick / 2 + 0.5;
        const last = Math.max(one, two) + thick / 2 + 0.5;
        if (own + thick / 2 < 0) beyond.push({ left: left - 1, y: 0 });
        if (last - thick / 2 > high) beyond.push({ left: left - 1, y: high - edge });
        const top = own > footBefore ? footBefore - thick : own;
        const foot = last < topBefore ? topBefore + thick : last;
        ctx.moveTo(left + 0.5, top);
        ctx.lineTo(left + 0.5, foot);
        topBefore = own;
        footBefore = last;
    }
    ctx.stroke();
    ctx.fillStyle = warn;
    for (const { left, y } of beyond) ctx.fillRect(left, y, 3, edge);
}
