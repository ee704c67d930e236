// How lines lie on sheets of paper: which, how high, at what scale. Millimetres; numbers in, numbers out.

import { readElapsed } from "./ruling.js";
import { partAbove, USUAL } from "./stand.js";

/** @typedef {import("./ruling.js").Ruling} Ruling */

/** Lines of a page: the usual is an hour. */
export const PER_PAGE = [60, 40, 30];
/** Gains of a print, mm/mV: lines of an hour a page have room for 2. */
export const PRINT_GAINS = [1, 2, 2.5, 4, 5, 10];
/** Lines of one print: a day. More would fill the memory of a browser before it prints. */
export const MOST_LINES = 1440;

/**
 * The room that A4 and Letter both have within margins of 10 mm, and what of it is not lines. `time`
 * and `pulse` stand left of the signal.
 */
export const SHEET = { width: 190, height: 254, head: 16, axis: 4, foot: 8, time: 31, pulse: 3 };

/** Millimetres of signal. */
export const TRACE_MM = SHEET.width - SHEET.time - SHEET.pulse;

/** @param {number} perPage @returns {number} of a line, in hundredths, rounded down */
export const lineMm = (perPage) =>
    Math.floor(((SHEET.height - SHEET.head - SHEET.axis - SHEET.foot) / perPage) * 100) / 100;

/** Return the highest gain at which a usual peak stays within its line. @param {number} perPage @param {import("./stand.js").Stand} stand */
export const printGain = (perPage, stand = USUAL) =>
    PRINT_GAINS.findLast((gain) => stand.peak * gain <= partAbove(stand) * lineMm(perPage)) ?? PRINT_GAINS[0];

/**
 * What is to be printed: lines [first, stop), each once; or why it is nothing.
 * @typedef {{ first: number, stop: number, pages: { first: number, stop: number }[] }} Plan
 */

/**
 * @param {Ruling} ruling
 * @param {{ from: string, to: string, perPage: number }} wish
 * @returns {Plan | "bad" | "order" | { tooMany: number }}
 */
export function planOf(ruling, { from, to, perPage }) {
    const start = readElapsed(from);
    const end = readElapsed(to);
    if (start === null || end === null) return "bad";
    const { fs, length, lines } = ruling;
    if (end <= start || start * fs >= length) return "order";
    const first = ruling.lineOf(Math.floor(start * fs + 1e-6));
    const stop = Math.min(lines, Math.max(first + 1, Math.ceil((end * fs) / ruling.perLine - 1e-6)));
    if (stop - first > MOST_LINES) return { tooMany: stop - first };
    const pages = [];
    for (let page = first; page < stop; page += perPage) {
        pages.push({ first: page, stop: Math.min(stop, page + perPage) });
    }
    return { first, stop, pages };
}
