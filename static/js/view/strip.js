// The geometry of the overview: where a whole record's samples, marks and times stand. Numbers in, numbers out.

import { upperBound } from "../signal/sorted.js";

/** @typedef {import("../look/envelope.js").Envelope} Envelope */

/** Pixels [top, bottom) of each part of the strip. @typedef {{ marks: Band, trace: Band, quality: Band, axis: Band }} Bands */
/** @typedef {{ top: number, bottom: number }} Band */

/** CSS pixels. Below `ROOMY` there is no room for words. */
const ROOMY = 44;
const AXIS = 13;
const MARKS = 15;
const MARKS_LOW = 5;
const QUALITY = 4;

/**
 * Return how a strip `height` device pixels high is divided.
 * @param {number} height
 * @param {number} dpr
 * @returns {Bands}
 */
export function bandsOf(height, dpr) {
    const roomy = height / dpr >= ROOMY;
    const marks = Math.round((roomy ? MARKS : MARKS_LOW) * dpr);
    const axis = roomy ? Math.round(AXIS * dpr) : 0;
    const quality = Math.round(QUALITY * dpr);
    const foot = height - axis;
    return {
        marks: { top: 0, bottom: marks },
        trace: { top: marks, bottom: foot - quality },
        quality: { top: foot - quality, bottom: foot },
        axis: { top: foot, bottom: height },
    };
}

/**
 * Return lowest and highest of each of `width` pixels, NaN where nothing finite is. Every column of the envelope
 * is in every pixel that it touches: no peak is lost, however many columns a pixel has.
 * @param {Envelope} envelope
 * @param {number} length samples of the record
 * @param {number} width
 * @returns {{ low: Float64Array, high: Float64Array }}
 */
export function pixelsOf({ edges, low, high }, length, width) {
    const lows = new Float64Array(width).fill(NaN);
    const highs = new Float64Array(width).fill(NaN);
    for (let k = 0; k < low.length; k++) {
        if (!(low[k] <= high[k])) continue;
        const last = Math.min(width, Math.ceil((edges[k + 1] * width) / length));
        for (let x = Math.floor((edges[k] * width) / length); x < last; x++) {
            // What is compared with NaN is never true.
            if (!(lows[x] <= low[k])) lows[x] = low[k];
            if (!(highs[x] >= high[k])) highs[x] = high[k];
        }
    }
    return { low: lows, high: highs };
}

/**
 * Return of each pixel how many of the samples are in it.
 * @param {ArrayLike<number>} samples
 * @param {number} length
 * @param {number} width
 */
export function density(samples, length, width) {
    const counts = new Uint32Array(width);
    for (let i = 0; i < samples.length; i++) counts[pixelAt(samples[i], length, width)]++;
    return counts;
}

/** The pixel that a sample stands in. @param {number} sample @param {number} length @param {number} width */
export const pixelAt = (sample, length, width) =>
    Math.min(width - 1, Math.max(0, Math.floor((sample * width) / Math.max(1, length))));

/**
 * Return which words have room beside each other, each beginning at its place, the first ones first; one that
 * would leave the strip stands before its place.
 * @param {{ x: number, width: number }[]} words sorted by x, pixels
 * @param {number} room of the strip
 * @param {number} apart
 * @returns {(number | null)[]} where each begins, null = there is no room
 */
export function placed(words, room, apart) {
    let reach = -Infinity;
    return words.map(({ x, width }) => {
        const left = x + width <= room ? x : x - width;
        if (left < reach || left < 0) return null;
        reach = left + width + apart;
        return left;
    });
}

/** Steps of the time axis, in seconds. */
const STEPS = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
];

/**
 * Return the moments that the time axis names, from the second on: at most one each `apart` pixels.
 * @param {number} seconds of the record
 * @param {number} width
 * @param {number} apart
 * @returns {number[]} in seconds
 */
export function momentsOf(seconds, width, apart) {
    const least = (seconds * apart) / Math.max(1, width);
    const step = STEPS.find((one) => one >= least) ?? Math.ceil(least / 604800) * 604800;
    const found = [];
    for (let at = step; at < seconds; at += step) found.push(at);
    return found;
}

/**
 * Return the mark that is nearest to a pixel, at most `slack` away; -1 for none.
 * @param {ArrayLike<number>} samples sorted
 * @param {number} x
 * @param {{ length: number, width: number, slack: number }} strip
 */
export function nearest(samples, x, { length, width, slack }) {
    const sample = (x * length) / width;
    const after = upperBound(samples, sample);
    const near = [after - 1, after].filter((i) => i >= 0 && i < samples.length);
    near.sort((a, b) => Math.abs(samples[a] - sample) - Math.abs(samples[b] - sample));
    return near.length && (Math.abs(samples[near[0]] - sample) * width) / length <= slack ? near[0] : -1;
}

/** CSS pixels around the box that still take hold of it: of a day it is a line. */
const HOLD = 6;

/**
 * Return whether a pointer takes hold of the box; one that is everything there is cannot be moved.
 * @param {number} x CSS pixels
 * @param {{ left: number, width: number }} box
 * @param {number} room of the strip
 * @param {boolean} touch
 */
export function holds(x, { left, width }, room, touch) {
    if (width >= room - 1) return false;
    const slack = touch ? 2 * HOLD : HOLD;
    // In the middle of a box of some width; around one of none.
    const around = Math.max(0, slack - width / 2);
    return x >= left - around && x <= left + width + around;
}
