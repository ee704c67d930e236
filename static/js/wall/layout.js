// Where the tiles stand and how large their parts are: the number of beds and the shape of the screen in,
// device pixels out. Pure.

import { NOMINAL_CSS_PX_PER_MM } from "../view/geometry.js";

/** @typedef {{ x: number, y: number, width: number, height: number }} Rect */

/** Width to height of a tile of one lead that reads best: long enough for some beats, a number beside. */
const SHAPE = 3.4;
/** How much lower it is with each lead more. */
const LOWER = 0.35;
/** How much a place without a bed counts against the shape: a calm wall is a full one. */
const EMPTY = 4;

/**
 * Return how many columns and rows the wall has.
 * @param {number} count beds, 1 to 36
 * @param {number} width
 * @param {number} height
 * @param {number} leads the most that a tile has
 */
export function gridFor(count, width, height, leads = 1) {
    const wanted = SHAPE / (1 + LOWER * (leads - 1));
    let best = { columns: 1, rows: count };
    let least = Infinity;
    for (let columns = 1; columns <= count; columns++) {
        const rows = Math.ceil(count / columns);
        const empty = columns * rows - count;
        if (empty >= columns) continue;
        const shape = width / columns / (height / rows);
        const cost = Math.log(shape / wanted) ** 2 + (EMPTY * empty) / (columns * rows);
        if (cost < least - 1e-9) {
            least = cost;
            best = { columns, rows };
        }
    }
    return best;
}

/**
 * Return the places of the tiles, row by row; whole pixels, nothing between them, nothing twice.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} leads
 * @returns {Rect[]}
 */
export function tilesFor(count, width, height, leads = 1) {
    const { columns, rows } = gridFor(count, width, height, leads);
    return Array.from({ length: count }, (_, i) => {
        const column = i % columns;
        const row = Math.floor(i / columns);
        const x = Math.round((column * width) / columns);
        const y = Math.round((row * height) / rows);
        return {
            x,
            y,
            width: Math.round(((column + 1) * width) / columns) - x,
            height: Math.round(((row + 1) * height) / rows) - y,
        };
    });
}

/** Device pixels of a screen's height that are still as large as a CSS pixel has to be. */
const COARSE = 1200;

/**
 * Return the device pixels of what has to be as thick or high as a CSS pixel is on a usual screen. One
 * with more pixels is a finer one, whatever its browser thinks: lines must be seen from across the ward.
 * @param {{ height: number, dpr: number, pxPerMm: number }} screen
 */
export function unitFor({ height, dpr, pxPerMm }) {
    return Math.max(dpr, pxPerMm / NOMINAL_CSS_PX_PER_MM, height / COARSE);
}

/** Millimetres of a numeral that is read at 4 m, and up to how many beds it has that size. */
export const NUMERAL_MM = 23.5;
const LARGE_UP_TO = 8;
/** Of a bed's name: half an hour of arc's third, enough for a word. */
const LABEL_MM = 12;
/** CSS pixels of the least lettering. */
const LEAST = 8;

/**
 * Heights of letters (of a capital, of a numeral) and the parts of a tile, from its corner, in device pixels.
 * @typedef {{
 *   numeral: number, label: number, word: number, small: number, pad: number,
 *   head: Rect, side: Rect, trace: Rect, foot: Rect,
 * }} Faces
 */

/**
 * @param {{ width: number, height: number }} tile
 * @param {{ beds: number, pxPerMm: number, dpr: number }} screen `dpr` as unitFor returns it
 * @returns {Faces}
 */
export function facesFor({ width, height }, { beds, pxPerMm, dpr }) {
    const least = LEAST * dpr;
    const pad = Math.round(Math.max(4 * dpr, Math.min(height * 0.035, 14 * dpr)));
    const label = Math.round(Math.max(least, Math.min(LABEL_MM * pxPerMm, height * 0.17, width * 0.07)));
    const word = Math.round(Math.max(least, label * 0.56));
    const small = Math.round(Math.max(least, Math.min(label * 0.34, 15 * dpr)));
    const head = Math.round(label + 2 * pad);
    const foot = Math.round(small + pad * 1.5);
    // Large enough at 4 m where there are few beds; never so large that the trace has no room.
    const wanted = Math.max(NUMERAL_MM * pxPerMm, height * 0.13);
    const room = { width: width * (beds <= LARGE_UP_TO ? 0.42 : 0.3), height: height - head - pad * 2 - small };
    const numeral = Math.floor(Math.max(least, Math.min(wanted, (room.width - 2 * pad) / WIDTH, room.height * 0.8)));
    const side = Math.round(numeral * WIDTH + 2 * pad);
    const middle = height - head - foot;
    return {
        numeral, label, word, small, pad,
        head: { x: 0, y: 0, width, height: head },
        side: { x: width - side, y: head, width: side, height: height - head },
        trace: { x: pad, y: head, width: width - side - pad, height: middle },
        foot: { x: 0, y: head + middle, width: width - side, height: foot },
    };
}

/** Width of three bold numerals for each pixel of their height: 2.96 of the widest face of usual systems. */
const WIDTH = 3;
