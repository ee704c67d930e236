// What beats say: the time from one to the next, how it varies, a window that is so many of them long. Pure.

import { lowerBound, upperBound } from "./sorted.js";

/** @typedef {{ start: number, stop: number }} Run */

/**
 * Return the milliseconds from each beat to the next one; NaN where a run that was not looked at lies between, and of
 * the last one.
 * @param {Float64Array} sample sorted
 * @param {readonly Run[]} blocked sorted, disjoint
 * @param {number} fs
 */
export function intervals(sample, blocked, fs) {
    const rr = new Float64Array(sample.length).fill(NaN);
    let k = 0;
    for (let i = 0; i + 1 < sample.length; i++) {
        while (k < blocked.length && blocked[k].stop <= sample[i]) k++;
        if (k < blocked.length && blocked[k].start < sample[i + 1]) continue;
        rr[i] = ((sample[i + 1] - sample[i]) / fs) * 1000;
    }
    return rr;
}

/**
 * Each RR interval beside the next one: those that follow each other without a break.
 * @param {ArrayLike<number>} rr NaN = none
 * @returns {{ x: Float64Array, y: Float64Array, at: Int32Array }} `at`: the place of the first of the two
 */
export function pairs(rr) {
    const at = [];
    for (let i = 0; i + 1 < rr.length; i++) if (!Number.isNaN(rr[i]) && !Number.isNaN(rr[i + 1])) at.push(i);
    return { x: Float64Array.from(at, (i) => rr[i]), y: Float64Array.from(at, (i) => rr[i + 1]), at: Int32Array.from(at) };
}

/**
 * Intervals, or pairs of them, of which a spread is told: with fewer, the standard error of a standard deviation is a
 * quarter of it or more (1 / sqrt(2 (n - 1)), for a normal distribution).
 */
export const SPREAD_LEAST = 10;

/**
 * What RR intervals say, in ms; NaN where there are too few. Of all of them: no beat is classified, so nothing here is of
 * NN intervals, and is not named so. `sd1`, `sd2`: across and along the line of identity of the
 * Poincare plot (Brennan et al., IEEE Trans Biomed Eng 48, 2001): half the variance of the differences, and of the sums.
 * @typedef {{
 *   count: number, mean: number, least: number, most: number, sdrr: number, rmssd: number, prr50: number,
 *   pairs: number, sd1: number, sd2: number,
 * }} Variability
 */

/**
 * @param {ArrayLike<number>} rr NaN = none
 * @returns {Variability}
 */
export function variability(rr) {
    const whole = Array.from(rr).filter((one) => !Number.isNaN(one));
    const { x, y } = pairs(rr);
    const apart = x.map((one, i) => y[i] - one);
    const sums = x.map((one, i) => y[i] + one);
    const squares = apart.reduce((sum, one) => sum + one * one, 0);
    const far = apart.reduce((sum, one) => sum + (Math.abs(one) > 50 ? 1 : 0), 0);
    const few = apart.length < SPREAD_LEAST;
    return {
        count: whole.length,
        mean: meanOf(whole),
        least: whole.length ? whole.reduce((a, b) => Math.min(a, b)) : NaN,
        most: whole.length ? whole.reduce((a, b) => Math.max(a, b)) : NaN,
        sdrr: whole.length < SPREAD_LEAST ? NaN : Math.sqrt(varianceOf(whole)),
        rmssd: few ? NaN : Math.sqrt(squares / apart.length),
        prr50: few ? NaN : (100 * far) / apart.length,
        pairs: apart.length,
        sd1: few ? NaN : Math.sqrt(varianceOf(apart) / 2),
        sd2: few ? NaN : Math.sqrt(varianceOf(sums) / 2),
    };
}

/** @param {ArrayLike<number>} values */
const meanOf = (values) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i];
    return values.length ? sum / values.length : NaN;
};

/** Of a sample: over n - 1. @param {ArrayLike<number>} values */
function varianceOf(values) {
    const mean = meanOf(values);
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (values[i] - mean) ** 2;
    return values.length > 1 ? sum / (values.length - 1) : NaN;
}

/**
 * Return places [first, last) of the beats in [start, stop).
 * @param {Float64Array} sample
 * @param {number} start
 * @param {number} stop
 */
export const placesWithin = (sample, start, stop) => ({ first: lowerBound(sample, start), last: lowerBound(sample, stop) });

/**
 * Return what of `rr` lies wholly within [start, stop): of the last beat in it the next one may be beyond.
 * @param {{ sample: Float64Array, rr: Float64Array }} beats
 * @param {number} start
 * @param {number} stop
 */
export function within({ sample, rr }, start, stop) {
    const { first, last } = placesWithin(sample, start, stop);
    const inside = rr.slice(first, last);
    if (last > first) inside[last - first - 1] = NaN;
    return { sample: sample.slice(first, last), rr: inside };
}

/**
 * Return what the rate is at a sample, and why there is none; null where nothing is said of it.
 * @param {{ sample: Float64Array, bpm: Float64Array, why: string[] }} rates
 * @param {number} sample
 */
export function rateAt({ sample: from, bpm, why }, sample) {
    const place = upperBound(from, sample) - 1;
    return place < 0 ? null : { bpm: Number.isNaN(bpm[place]) ? null : bpm[place], why: why[place] };
}

/** Beats in a window that follows them: as many as one takes in at a glance. */
export const FOLLOWED = Object.freeze({ least: 15, most: 20, chosen: 17 });

/**
 * Return how many seconds a window has to be long so that it holds 15 to 20 beats; null where it does, and where too
 * little is known to say.
 * @param {Float64Array} sample sorted
 * @param {readonly Run[]} blocked runs in which beats are not known
 * @param {{ edge: number, way: 1 | -1, windowS: number, fs: number }} window it begins at `edge` (`way` 1) or ends there
 */
export function followed(sample, blocked, { edge, way, windowS, fs }) {
    const other = edge + way * windowS * fs;
    const [start, stop] = way > 0 ? [edge, other] : [other, edge];
    const { first, last } = placesWithin(sample, start, stop);
    const count = last - first;
    if (count >= FOLLOWED.least && count <= FOLLOWED.most) return null;
    // The one after the last of them: the edge lies in the middle before it.
    const at = way > 0 ? first + FOLLOWED.chosen : last - 1 - FOLLOWED.chosen;
    const inner = at - way;
    if (at < 0 || at >= sample.length) return null;
    const middle = (sample[at] + sample[inner]) / 2;
    const [from, to] = way > 0 ? [edge, middle] : [middle, edge];
    if (blocked.some((run) => run.start < to && run.stop > from)) return null;
    return Number(((to - from) / fs).toFixed(1));
}
