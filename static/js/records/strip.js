// @ts-check
/**
 * The geometry of a preview: which samples it shows, and where they stand. Numbers in, numbers out.
 *
 * It is drawn like ECG paper: a box of 5 mm is 0.2 s wide and half a millivolt high (or, for a
 * large signal, a power of two of that), the same for every record, so that two rows compare.
 *
 * @typedef {import("./model.js").Runs} Runs
 */

import { millivoltsPer } from "../signal/calibration.js";
import { RECORDS } from "../texts/records.js";
import { UNITS } from "../texts/units.js";

/** A box of 5 mm, in CSS pixels. */
export const BOX_PX = 15;
const BOX_S = 0.2;
const BOX_MV = 0.5;
/** What is fetched; what of it is seen is decided by the width of the row. */
const SPAN_S = 10;
/** Signals slower than this are not drawn to the paper's time: a minute of numerics is one value. */
const SLOW_HZ = 20;
const SLOW_SAMPLES = 240;
/** Shorter pieces of signal are passed over where a longer one follows. */
const ENOUGH_S = 3;
const PX_PER_S = BOX_PX / BOX_S;
/** Left free above and below. */
const MARGIN_PX = 5;

/**
 * The first samples that have signal.
 * @param {Runs} gaps of the lead
 * @param {number} length its samples
 * @param {number} fs in Hz
 * @returns {{start: number, stop: number} | null} null: it has not one sample
 */
export function firstSignal(gaps, length, fs) {
    const span = fs < SLOW_HZ ? SLOW_SAMPLES : Math.ceil(SPAN_S * fs);
    /** @type {[number, number] | null} */
    let best = null;
    let from = 0;
    for (const [start, stop] of [...gaps, /** @type {[number, number]} */ ([length, length])]) {
        const piece = start - from;
        if (piece > 0 && (!best || piece > best[1] - best[0])) best = [from, start];
        if (piece >= Math.min(ENOUGH_S * fs, span)) break;
        from = Math.max(from, stop);
    }
    if (!best) return null;
    const [start] = best;
    return { start, stop: Math.min(length, start + span) };
}

/**
 * @typedef {object} Scale
 * @property {number} pxPerSample
 * @property {number} pxPerUnit
 * @property {number} middle the value that stands at half the height
 * @property {number | null} boxMv what a box is high; null: the paper's scale does not apply
 */

/**
 * The scale of a strip.
 * @param {Float64Array} values physical, NaN where missing
 * @param {{fs: number, unit: string | null, width: number, height: number}} about CSS pixels
 * @returns {Scale}
 */
export function scaleOf(values, { fs, unit, width, height }) {
    const slow = fs < SLOW_HZ;
    const pxPerSample = slow ? width / Math.max(1, values.length) : PX_PER_S / fs;
    const shown = values.subarray(0, Math.ceil(width / pxPerSample));
    let low = Infinity;
    let high = -Infinity;
    for (const value of shown) {
        if (value < low) low = value;
        if (value > high) high = value;
    }
    if (low > high) low = high = 0;
    const middle = (low + high) / 2;
    const room = height - 2 * MARGIN_PX;
    const mv = millivoltsPer(unit);
    if (slow || mv === null) {
        // No paper for this: it is fitted, and the caption says from where to where.
        return { pxPerSample, pxPerUnit: high > low ? room / (high - low) : 1, middle, boxMv: null };
    }
    let boxMv = BOX_MV;
    while (((high - low) * mv * BOX_PX) / boxMv > room) boxMv *= 2;
    return { pxPerSample, pxPerUnit: (mv * BOX_PX) / boxMv, middle, boxMv };
}

/**
 * @param {readonly (number | null)[]} stored
 * @param {{gain: number, baseline: number}} lead
 * @returns {Float64Array} physical, NaN where missing
 */
export function physical(stored, { gain, baseline }) {
    return Float64Array.from(stored, (value) => (value === null ? NaN : (value - baseline) / gain));
}

/**
 * The pen's ways: one for each piece without a gap, every sample a point.
 * @param {Float64Array} values
 * @param {Scale} scale
 * @param {{width: number, height: number}} size CSS pixels
 * @returns {Float32Array[]} x, y, x, y, ...
 */
export function strokes(values, scale, { width, height }) {
    /** @type {Float32Array[]} */
    const found = [];
    /** @type {number[]} */
    let points = [];
    // One sample beyond the edge, so that the line leaves the strip instead of ending in it.
    const last = Math.min(values.length, Math.ceil(width / scale.pxPerSample) + 1);
    for (let i = 0; i < last; i++) {
        const value = values[i] ?? NaN;
        if (Number.isNaN(value)) {
            if (points.length) found.push(Float32Array.from(points));
            points = [];
        } else {
            points.push(i * scale.pxPerSample, height / 2 - (value - scale.middle) * scale.pxPerUnit);
        }
    }
    if (points.length) found.push(Float32Array.from(points));
    return found;
}

/**
 * Where in a bar over the whole record there is signal.
 * @param {Runs} gaps
 * @param {number} length samples
 * @param {number} width CSS pixels
 * @returns {[from: number, to: number][]} pixels; a gap is at least one wide, however short
 */
export function present(gaps, length, width) {
    /** @type {[number, number][]} */
    const found = [];
    let from = 0;
    for (const [start, stop] of gaps) {
        const low = Math.floor((start / length) * width);
        const high = Math.ceil((stop / length) * width);
        if (low > from) found.push([from, low]);
        from = Math.max(from, high);
    }
    if (from < width && length > 0) found.push([from, width]);
    return found;
}

/**
 * What a strip shows, in words.
 * @param {{low: number, high: number}} range physical
 * @param {{unit: string | null, boxMv: number | null}} about
 */
export function scaleText({ low, high }, { unit, boxMv }) {
    if (boxMv !== null) return RECORDS.box(BOX_S, boxMv);
    const digits = (/** @type {number} */ value) => String(Number(value.toPrecision(4)));
    return RECORDS.rangeIn(UNITS.range(digits(low), digits(high)), unit);
}
