// Presets to second-order sections: Butterworth by the bilinear transform, prewarped, and the notch.
// Formulas: Zoelzer, DAFX (2nd ed.), table 2.2, for the Butterworth pair; Orfanidis, Introduction to
// Signal Processing, 11.3.3, for the notch. Held against scipy's butter and iirnotch in the tests.

import { applied } from "./presets.js";

/** @typedef {import("./presets.js").Preset} Preset */
/** @typedef {import("./presets.js").Manner} Manner */

/** `y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y''`. @typedef {{ b0: number, b1: number, b2: number, a1: number, a2: number }} Section */

/**
 * A filter at one rate. `settling` in samples; `level`: whether the level of the trace passes (else a
 * high pass has taken it).
 * @typedef {{ sections: Section[], settling: number, level: boolean }} Design
 */

/** Notch frequency over its width at -3 dB in one pass: 1.7 Hz at 50 Hz, and 0.2 s of memory. */
const NOTCH_Q = 30;

/** A second-order Butterworth run twice is down 3 dB where (f / fc)^4 is sqrt 2 - 1, not 1. */
const TWICE = (Math.SQRT2 - 1) ** 0.25;

/** Of a wrong start what is left when it is called settled: of 1 mV a tenth of a mm on paper. */
const SETTLED_AT = 0.01;

/** Time constants of the slowest pole wanted on both sides: of a step of 300 mV they leave 1 uV. */
const PAD_TIME_CONSTANTS = 11;

/** @param {number} corner Hz, at -3 dB @param {number} fs @returns {Section} */
export function lowPass(corner, fs) {
    const k = Math.tan((Math.PI * corner) / fs);
    const norm = 1 + Math.SQRT2 * k + k * k;
    const b0 = (k * k) / norm;
    return { b0, b1: 2 * b0, b2: b0, ...butterworthPoles(k, norm) };
}

/** @param {number} corner Hz, at -3 dB @param {number} fs @returns {Section} */
export function highPass(corner, fs) {
    const k = Math.tan((Math.PI * corner) / fs);
    const norm = 1 + Math.SQRT2 * k + k * k;
    const b0 = 1 / norm;
    return { b0, b1: -2 * b0, b2: b0, ...butterworthPoles(k, norm) };
}

/** @param {number} k @param {number} norm */
const butterworthPoles = (k, norm) => ({
    a1: (2 * (k * k - 1)) / norm,
    a2: (1 - Math.SQRT2 * k + k * k) / norm,
});

/** @param {number} hz @param {number} q hz over the width at -3 dB @param {number} fs @returns {Section} */
export function notch(hz, q, fs) {
    const w = (2 * Math.PI * hz) / fs;
    const gain = 1 / (1 + Math.tan(w / q / 2));
    const middle = -2 * gain * Math.cos(w);
    return { b0: gain, b1: middle, b2: gain, a1: middle, a2: 2 * gain - 1 };
}

/**
 * Return the corner of one pass, in Hz, with which two passes are down 3 dB at `corner`. Moved by
 * `factor` where the bilinear transform has bent the axis, so that it stays below fs / 2.
 * @param {number} corner
 * @param {number} fs
 * @param {number} factor
 */
const once = (corner, fs, factor) =>
    (fs / Math.PI) * Math.atan(factor * Math.tan((Math.PI * corner) / fs));

/**
 * Return the filter that `preset` is at `fs` Hz, corners above 0.4 fs left out.
 * @param {Preset} preset
 * @param {number} fs
 * @param {Manner} [manner]
 * @returns {Design}
 */
export function designed(preset, fs, manner = "zeroPhase") {
    const done = applied(preset, fs);
    const factor = manner === "zeroPhase" ? TWICE : 1;
    const sections = [];
    if (done.highPass !== null) sections.push(highPass(once(done.highPass, fs, factor), fs));
    if (done.lowPass !== null) sections.push(lowPass(once(done.lowPass, fs, 1 / factor), fs));
    if (done.notch !== null) sections.push(notch(done.notch, NOTCH_Q, fs));
    return { sections, settling: settling(sections), level: done.highPass === null };
}

/**
 * Return the samples in which a wrong start dies down to 1 %: by the pole of largest radius.
 * @param {Section[]} sections
 */
export function settling(sections) {
    if (!sections.length) return 0;
    return Math.ceil(Math.log(SETTLED_AT) / Math.log(Math.max(...sections.map(radius))));
}

/** @param {Section} section the radius of its outer pole */
function radius({ a1, a2 }) {
    const apart = a1 * a1 - 4 * a2;
    return apart <= 0 ? Math.sqrt(a2) : (Math.abs(a1) + Math.sqrt(apart)) / 2;
}

/**
 * Return the seconds of signal wanted on both sides of a strip: with them it differs by less than 1 uV
 * from the whole record filtered at once, whatever its offset, and even where an electrode's offset jumps
 * by 300 mV beyond them (docs/filters.md).
 * @param {Preset} preset
 */
export function padS(preset) {
    const { highPass: high, lowPass: low, notch: at } = applied(preset, Infinity);
    // The slowest pole: of a Butterworth pair its real part, of a notch half its width.
    const rates = [];
    if (high !== null) rates.push(2 * Math.PI * high * TWICE * Math.SQRT1_2);
    if (low !== null) rates.push(((2 * Math.PI * low) / TWICE) * Math.SQRT1_2);
    if (at !== null) rates.push((Math.PI * at) / NOTCH_Q);
    return rates.length ? PAD_TIME_CONSTANTS / Math.min(...rates) : 0;
}

/**
 * Return the state in which each section stands when all input so far was 1 (scipy's `sosfilt_zi`):
 * two numbers a section, for the transposed direct form II.
 * @param {Section[]} sections
 */
export function steady(sections) {
    const states = new Float64Array(2 * sections.length);
    let input = 1;
    sections.forEach(({ b0, b1, b2, a1, a2 }, i) => {
        const output = ((b0 + b1 + b2) / (1 + a1 + a2)) * input;
        states[2 * i] = output - b0 * input;
        states[2 * i + 1] = b2 * input - a2 * output;
        input = output;
    });
    return states;
}
