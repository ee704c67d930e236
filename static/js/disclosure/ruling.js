// How a record's time lies on lines, and how high these are. Numbers in, numbers out.

import { USUAL } from "./stand.js";

/** A stretch of samples, [start, stop). @typedef {{ start: number, stop: number }} Span */

/** A rate that is no whole number must not make a line of its last rounding error. */
const EDGE = 1e-6;

/** A record of `length` samples at `fs` Hz on lines `seconds` long. */
export class Ruling {
    /** @param {{ fs: number, length: number, seconds: number }} of */
    constructor({ fs, length, seconds }) {
        this.fs = fs;
        this.length = length;
        this.seconds = seconds;
        /** Samples on a line: no whole number where the rate is none. */
        this.perLine = fs * seconds;
        this.lines = Math.max(1, Math.ceil(length / this.perLine - EDGE));
    }

    /** The left edge of a line, in samples with a fraction. @param {number} line */
    edge(line) {
        return line * this.perLine;
    }

    /** The samples that stand on a line. @param {number} line @returns {Span} */
    span(line) {
        const start = Math.max(0, Math.ceil(this.edge(line) - EDGE));
        return { start, stop: Math.max(start, Math.min(this.length, Math.ceil(this.edge(line + 1) - EDGE))) };
    }

    /**
     * The samples a line is drawn from: where these are far apart, the ones beside it too, to which its
     * trace leads.
     * @param {number} line
     * @param {number} pxPerSample
     * @returns {Span}
     */
    reach(line, pxPerSample) {
        const { start, stop } = this.span(line);
        if (pxPerSample < 1) return { start, stop };
        return { start: Math.max(0, start - 1), stop: Math.min(this.length, stop + 1) };
    }

    /** The line on which a sample stands. @param {number} sample */
    lineOf(sample) {
        return Math.min(this.lines - 1, Math.max(0, Math.floor((sample + EDGE) / this.perLine)));
    }

    /** How far along its line a sample stands, 0 to 1. @param {number} sample */
    along(sample) {
        return sample / this.perLine - this.lineOf(sample);
    }

    /**
     * The sample at a place of a line; of the record's last line there may be only a part.
     * @param {number} line
     * @param {number} along 0 to 1
     */
    sampleAt(line, along) {
        const sample = Math.floor(this.edge(line) + along * this.perLine + EDGE);
        return Math.max(0, Math.min(this.length - 1, sample));
    }
}

/** CSS pixels: two lines of words beside it, and a finger on it. */
const LEAST = 40;

/**
 * Return the height of a line, in whole CSS pixels: it becomes higher with the gain, the peak is not cut.
 * @param {number} mmPerMv
 * @param {number} cssPxPerMm
 * @param {{ up: number, down: number }} room in mV
 */
export const lineHeight = (mmPerMv, cssPxPerMm, { up, down } = USUAL) =>
    Math.max(LEAST, Math.round((up + down) * mmPerMv * cssPxPerMm));

/** Pixels between two lines of the paper below which they are a grey. */
const STEP_LEAST = 3;
/** Farther than any line is high: what is drawn of such a grid is the line between two lines. */
const NONE = 1e6;

/** Seconds between the heavy lines of the paper. @param {number} seconds of a line */
export const heavyStep = (seconds) => seconds / 6;

/**
 * Return the paper of a line: a sixth of it a heavy line, a sixtieth a light one. No boxes: at a few
 * millimetres a second they would be a grey.
 * @param {number} pxPerS device pixels
 * @param {number} seconds of a line
 * @param {number} dpr
 * @returns {import("../view/geometry.js").Grid}
 */
export function paperOf(pxPerS, seconds, dpr) {
    const light = (seconds / 60) * pxPerS;
    return {
        x: { minor: light >= STEP_LEAST * dpr ? light : 0, major: heavyStep(seconds) * pxPerS },
        y: { minor: 0, major: NONE },
        majorS: heavyStep(seconds),
        majorMm: 5,
    };
}

/**
 * Return the lines [first, last] that a window onto them shows, and those to have at hand beside it.
 * @param {{ top: number, height: number, each: number, lines: number }} of CSS pixels; `each` = a line's
 */
export function inSight({ top, height, each, lines }) {
    const within = (/** @type {number} */ line) => Math.max(0, Math.min(lines - 1, line));
    const first = within(Math.floor(top / each));
    const last = within(Math.ceil((top + height) / each) - 1);
    // Half a window on both sides: a turn of the wheel finds its lines drawn.
    const beside = Math.ceil((last - first + 1) / 2);
    return { first, last, from: within(first - beside), to: within(last + beside) };
}

/**
 * Return the lines of a sight in the order in which they are wanted: what is seen from top to bottom,
 * then what lies beside it, the nearest first.
 * @param {{ first: number, last: number, from: number, to: number }} sight
 */
export function byNeed({ first, last, from, to }) {
    const lines = [];
    for (let line = first; line <= last; line++) lines.push(line);
    for (let off = 1; last + off <= to || first - off >= from; off++) {
        if (last + off <= to) lines.push(last + off);
        if (first - off >= from) lines.push(first - off);
    }
    return lines;
}

/**
 * Read a time from the start of the record: `h:mm:ss`, `mm:ss`, or seconds; null for anything else.
 * @param {string} text
 */
export function readElapsed(text) {
    const parts = text.trim().split(":");
    if (parts.length > 3 || parts.some((one) => !/^\d+(\.\d+)?$/.test(one))) return null;
    if (parts.slice(0, -1).some((one) => one.includes("."))) return null;
    if (parts.slice(1).some((one) => Number(one) >= 60)) return null;
    return parts.reduce((sum, one) => sum * 60 + Number(one), 0);
}
