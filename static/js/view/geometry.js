// Lengths and scales: numbers in, numbers out. Pixels are device pixels unless a name says css.

import { hasColumns, PAGE_S } from "./sheets.js";

/** A bank card's longer side (ISO/IEC 7810, ID-1), in mm. */
export const CARD_MM = 85.6;

/** Its shorter side, in mm. */
export const CARD_SHORT_MM = 53.98;

/** CSS pixels of a millimetre on the densest of telephones, rounded up. */
const DENSE = 6.5;

/**
 * Return whether a bank card must be held upright against a screen with `room` CSS pixels beside it:
 * where nobody has measured the screen yet, nobody knows whether its longer side fits.
 * @param {number} room
 */
export const cardUpright = (room) => room < DENSE * CARD_MM;

/** CSS pixels of a millimetre where nobody has measured the screen: CSS says 96 to the inch. */
export const NOMINAL_CSS_PX_PER_MM = 96 / 25.4;

export const PAPER_SPEEDS = [6.25, 12.5, 25, 50];
export const GAINS = [2.5, 5, 10, 20, 40];
export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32];
/** Seconds of the window; up to `most` it follows the pen, a longer one stands still. */
export const WINDOW = { least: 0.2, most: 60, usual: 15 };

/** Seconds of the windows that keys step through. */
export const WINDOW_STEPS = [
    0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800,
    604_800,
];

/** Samples that a window of one second should have at least; slower signals get longer windows. */
const SAMPLES_PER_S = 4;

/**
 * @typedef {{
 *   mode: "fit" | "calibrated",
 *   windowS: number,
 *   mmPerS: number,
 *   mmPerMv: number,
 *   motion: "sweep" | "scroll",
 *   cssPxPerMm: number,
 *   measured: boolean,
 *   sheet: import("./sheets.js").SheetName,
 *   times: Record<string, number>,
 *   filter: import("../filter/presets.js").Preset,
 * }} Display
 * What the viewer chose. `measured`: `cssPxPerMm` is of this screen, not CSS's nominal one. `times`: leads
 * drawn larger or smaller than the gain says, by name; negative = turned over.
 */

/**
 * @typedef {{
 *   pxPerS: number, pxPerMm: number, pxPerMv: number,
 *   windowS: number, mmPerS: number, mmPerMv: number, columns: number,
 * }} Scale
 * `columns` = pixels of a row's length, a whole number; `mmPerS` = the true paper speed.
 */

/**
 * Return by how much a window is longer than the slider says, for `fs` Hz: one value a minute would
 * otherwise have nothing to show in 60 s.
 * @param {number} fs
 */
export function stretchOf(fs) {
    return Math.max(1, SAMPLES_PER_S / fs);
}

/**
 * Return the scale of a row `width` pixels long.
 * @param {Display} display
 * @param {{ width: number, dpr: number, fs: number }} canvas
 * @returns {Scale}
 */
export function scaleFor(display, { width, dpr, fs }) {
    const room = Math.max(1, Math.floor(width));
    const pxPerMm = display.cssPxPerMm * dpr;
    const calibrated = display.mode === "calibrated";
    // A wide screen has room for more than a page: of a record of ten seconds its last columns would be empty.
    const most = calibrated && hasColumns(display.sheet) ? Math.round(PAGE_S * display.mmPerS * pxPerMm) : room;
    const columns = Math.min(room, Math.max(1, most));
    const pxPerS = calibrated ? display.mmPerS * pxPerMm : columns / (display.windowS * stretchOf(fs));
    return {
        columns,
        pxPerS,
        pxPerMm,
        pxPerMv: display.mmPerMv * pxPerMm,
        windowS: columns / pxPerS,
        mmPerS: pxPerS / pxPerMm,
        mmPerMv: display.mmPerMv,
    };
}

/** Millivolts that a row should have room for, and the gains that are chosen by that. */
const ROOM_MV = 1.9;
const ROOMY = [20, 10, 5, 2.5];

/**
 * Return the gain, in mm/mV, that rows so high have room for. All in CSS pixels.
 * @param {number} rowHeight
 * @param {number} cssPxPerMm
 */
export function roomyGain(rowHeight, cssPxPerMm) {
    return ROOMY.find((gain) => rowHeight >= ROOM_MV * gain * cssPxPerMm) ?? ROOMY[ROOMY.length - 1];
}

/** Seconds that the width of a calibration pulse stands for: 5 mm at 25 mm/s. */
export const PULSE_S = 0.2;

/** CSS pixels: of a letter of a lead's name, and beside a pulse. */
const LETTER = 8.5;
const SMALL = 6.5;
const NAME_LEAST = 34;
const NAME_MOST = 110;
const PULSE_FIT = 12;
const PULSE_BESIDE = 10;

/**
 * Return the strip at the left of the rows, in device pixels: the names of the leads in its `name`, the
 * calibration pulses in the rest. It lies beside the signal, never over it.
 * @param {Display} display
 * @param {number} dpr
 * @param {string[]} names
 * @param {number} text how much larger letters are than usual
 * @param {number} remark small letters of the longest remark below a name
 */
export function gutterFor(display, dpr, names, text = 1, remark = 0) {
    const letters = Math.max(0, ...names.map((name) => name.length));
    const name = text * Math.min(NAME_MOST, Math.max(NAME_LEAST, letters * LETTER + 8, remark * SMALL + 8));
    const pulse =
        display.mode === "calibrated" ? PULSE_S * display.mmPerS * display.cssPxPerMm : PULSE_FIT;
    return { name: Math.round(name * dpr), width: Math.round((name + pulse + PULSE_BESIDE) * dpr) };
}

/**
 * Return the width of the pulse: 0.2 s where the paper is calibrated, else as far as there is room.
 * @param {Scale} scale
 * @param {number} room
 * @param {number} dpr
 */
export function pulseWidth(scale, room, dpr) {
    return Math.min(room - PULSE_BESIDE * dpr, Math.max(5 * dpr, PULSE_S * scale.pxPerS));
}

/**
 * Lines of the paper. `minor` and `major` in pixels, 0 = too close to be drawn; `majorS`, `majorMm`
 * say what a large box is. Calibrated: 1 and 5 mm both ways. Fit: 0.04 and 0.2 s by 1 and 5 mm, the
 * boxes of paper at 25 mm/s drawn as wide as the window makes them.
 * @typedef {{ minor: number, major: number }} Lines
 * @typedef {{ x: Lines, y: Lines, majorS: number, majorMm: number }} Grid
 */

/** CSS pixels between two lines below which they are a grey, not a grid. */
const MINOR_LEAST = 3;
const MAJOR_LEAST = 5;

/** Steps of the time axis for windows in which 0.2 s is too narrow. */
const STEPS_S = [0.2, 1, 5, 10, 60, 300, 600, 3600, 21600, 86400];

/**
 * @param {Display} display
 * @param {Scale} scale
 * @param {number} dpr
 * @returns {Grid}
 */
export function gridFor(display, scale, dpr) {
    const boxS = display.mode === "calibrated" ? 5 / display.mmPerS : 0.2;
    const steps = [boxS, ...STEPS_S.filter((step) => step > boxS)];
    const wide = steps.findIndex((step) => step * scale.pxPerS >= MAJOR_LEAST * dpr);
    const majorS = steps[wide < 0 ? steps.length - 1 : wide];
    // A box is always five small ones but where the step was widened: then the finer step is.
    const minorS = wide > 0 ? 0 : boxS / 5;
    const minorX = minorS * scale.pxPerS;
    return {
        x: { minor: minorX >= MINOR_LEAST * dpr ? minorX : 0, major: majorS * scale.pxPerS },
        y: {
            minor: scale.pxPerMm >= MINOR_LEAST * dpr ? scale.pxPerMm : 0,
            major: 5 * scale.pxPerMm,
        },
        majorS,
        majorMm: 5,
    };
}
