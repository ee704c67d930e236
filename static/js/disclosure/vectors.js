// A line as the paths of a drawing: for a printer, which has other pixels than a screen. Pure.

import { hatched } from "../view/columns.js";
import { wordsOf } from "../view/painter.js";
import { segmentsOf } from "../view/shapes.js";
import { pointsOf } from "./tape.js";

/** @typedef {import("./tape.js").Tape} Tape */
/** @typedef {import("../view/layouts.js").Height} Height */

/**
 * A line in hundredths of a millimetre, y down from its top. `gaps` have words where these fit.
 * @typedef {{
 *   trace: string, dots: string, beyond: string, rails: string,
 *   gaps: { x: number, width: number, hatch: string, words: string }[],
 * }} Drawing
 */

/** Units of a column in which no peak is lost: a tenth of a millimetre. */
export const COLUMN = 10;
const HATCH = 120;
const DOT = 16;
const MARK = { half: 25, high: 45 };
const TOOTH = { width: 120, high: 80 };
/** A gap narrower than this has no words. */
const LABELLED_FROM = 1500;

/**
 * Return the paths of a line.
 * @param {Tape} tape laid out in columns
 * @param {{ name: string, height: number, heights: Height | null, width: number }} line `height` and
 *   `width` in units, `heights` of stored values in units
 * @returns {Drawing}
 */
export function drawingOf(tape, { name, height, heights, width }) {
    const { ring, rails } = tape;
    const left = (/** @type {number} */ column) => clamp((column + tape.shift) * COLUMN, width);
    const gaps = ring.runs(0).flatMap((run) =>
        segmentsOf(run, ring.remarks, name).map((segment) => {
            const columns = hatched(segment, tape.pxPerValue);
            const x = left(columns.start);
            const wide = left(columns.stop) - x;
            const words = wide >= LABELLED_FROM ? wordsOf(segment.reason) : "";
            return { x, width: wide, hatch: hatchOf(x, wide, height), words };
        }),
    );
    let teeth = "";
    for (const run of rails) {
        const columns = hatched(run, tape.pxPerValue);
        const edge = run.high ? 0 : height;
        const tip = run.high ? TOOTH.high : height - TOOTH.high;
        for (let x = left(columns.start); x < left(columns.stop); x += TOOTH.width) {
            const end = Math.min(x + TOOTH.width, left(columns.stop));
            teeth += `M${x} ${edge}L${Math.round((x + end) / 2)} ${tip}L${end} ${edge}Z`;
        }
    }
    return { ...strokesOf(tape, heights, height), rails: teeth, gaps: gaps.filter((gap) => gap.width > 0) };
}

/** @param {number} x @param {number} width */
const clamp = (x, width) => Math.max(0, Math.min(width, Math.round(x)));

/** @param {Tape} tape @param {Height | null} heights @param {number} height */
function strokesOf(tape, heights, height) {
    let trace = "";
    let dots = "";
    let beyond = "";
    if (!heights) return { trace, dots, beyond };
    const { x, y } = pointsOf(tape);
    let lifted = true;
    let lastX = 0;
    let lastY = 0;
    for (let i = 0; i < x.length; i++) {
        if (Number.isNaN(y[i])) {
            lifted = true;
            continue;
        }
        const px = Math.round(x[i] * COLUMN);
        const py = Math.round(y[i] * heights.slope + heights.offset);
        // From point to point, in whole units: a day has millions of them.
        trace += lifted ? `M${px} ${py}` : `l${px - lastX} ${py - lastY}`;
        if (lifted && (i + 1 >= x.length || Number.isNaN(y[i + 1]))) {
            dots += `M${px - DOT / 2} ${py}h${DOT}`;
        }
        if (py < 0) beyond += `M${px - MARK.half} 0h${2 * MARK.half}l${-MARK.half} ${MARK.high}Z`;
        else if (py > height) beyond += `M${px - MARK.half} ${height}h${2 * MARK.half}l${-MARK.half} ${-MARK.high}Z`;
        lifted = false;
        lastX = px;
        lastY = py;
    }
    return { trace, dots, beyond };
}

/** Return slanted strokes that fill a box. @param {number} x @param {number} width @param {number} height */
function hatchOf(x, width, height) {
    let path = "";
    // Of the stroke from (at, height) to (at + height, 0), what lies within the box.
    for (let at = Math.ceil((x - height) / HATCH) * HATCH; at < x + width; at += HATCH) {
        const from = Math.max(at, x);
        const to = Math.min(at + height, x + width);
        if (to > from) path += `M${from} ${height - (from - at)}L${to} ${height - (to - at)}`;
    }
    return path;
}
