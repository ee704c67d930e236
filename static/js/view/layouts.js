// Where the rows of the leads stand, and how a lead's values become heights. Device pixels.

/** @typedef {{ top: number, height: number, baseline: number }} Row */

/**
 * Return rows of equal height from top to bottom. A baseline (0 mV) lies on a heavy line of the paper
 * where the rows leave room for that, else on a light one: values can be read off by counting boxes.
 * @param {number} count
 * @param {number} height
 * @param {{ minor: number, major: number }} lines of the paper, in pixels
 * @returns {Row[]}
 */
export function rowsFor(count, height, lines) {
    const each = height / count;
    const step = each >= 8 * lines.major ? lines.major : lines.minor;
    return Array.from({ length: count }, (_, i) => {
        const middle = (i + 0.5) * each;
        // Below the middle: a QRS complex points up more often than down.
        const wanted = middle + 0.08 * each;
        const baseline = step > 0 ? Math.round(wanted / step) * step : wanted;
        return { top: Math.round(i * each), height: Math.round(each), baseline: Math.round(baseline) };
    });
}

/**
 * `y = value * slope + offset`, for stored values.
 * @typedef {{ slope: number, offset: number }} Height
 */

/**
 * Return heights for a lead in mV: 0 mV on the baseline.
 * @param {import("../signal/calibration.js").Scale} scale
 * @param {Row} row
 * @param {number} pxPerMv
 * @returns {Height}
 */
export function millivoltHeight(scale, row, pxPerMv) {
    return { slope: -scale.slope * pxPerMv, offset: row.baseline - scale.offset * pxPerMv };
}

/** The part of a row that a lead without a paper scale fills. */
const FILLED = 0.8;

/**
 * Return heights for a lead that is no voltage: its whole record's range fills the row, always the
 * same, so that nothing scales by itself.
 * @param {{ low: number, high: number }} range stored values
 * @param {Row} row
 * @param {number} times by how much larger; negative = turned over
 * @returns {Height}
 */
export function rangeHeight(range, row, times = 1) {
    const span = range.high - range.low;
    const middle = row.top + row.height / 2;
    // A lead that never changes is a line in the middle.
    const slope = span > 0 ? (-FILLED * row.height * times) / span : 0;
    return { slope, offset: middle - slope * ((range.high + range.low) / 2) };
}
