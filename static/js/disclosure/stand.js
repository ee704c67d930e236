// Around which value a lead is drawn, and how much room its lines have. Numbers in, numbers out.

/**
 * `base` is the value in mV that stands where 0 mV of other leads does. A line has room for `up` mV above it and
 * `down` below; `peak` is how high a usual peak is.
 * @typedef {{ base: number, up: number, down: number, peak: number }} Stand
 */
/** Lowest and highest of columns, as stored; NaN = nothing there. @typedef {{ low: Float64Array, high: Float64Array }} Columns */

/** Of a lead around 0 mV: a QRS complex points up more often than down. @type {Readonly<Stand>} */
export const USUAL = Object.freeze({ base: 0, up: 1.612, down: 0.988, peak: 1.15 });

/** A lead whose middle is nearer to 0 mV is drawn around 0 mV. */
const NEAR_MV = 0.3;
/** Millivolts of room on one side: a line is not made higher for more. */
const MOST_MV = 3;
/** Beyond a usual peak. */
const MARGIN_MV = 0.1;

/** Stretches of a record, and the seconds of one. */
const SPOTS = 9;
const SPOT_S = 10;
/**
 * Columns of a stretch: 20 ms. In one as long as a beat the middle of lowest and highest is half a QRS complex,
 * not the line between two of them.
 */
const COLUMNS = 500;

/**
 * Return the stretches that tell where a lead stands: equally far apart, the first and the last at its ends.
 * @param {{ length: number, fs: number }} lead
 */
export function spotsOf({ length, fs }) {
    if (length < 1) return [];
    const size = Math.max(1, Math.min(length, Math.round(SPOT_S * fs)));
    const starts = Array.from({ length: SPOTS }, (_, k) => Math.floor((k * (length - size)) / (SPOTS - 1)));
    return [...new Set(starts)].map((start) => ({ start, stop: start + size, columns: Math.min(size, COLUMNS) }));
}

/**
 * Return where a lead stands, from some stretches of it.
 * @param {Columns[]} spots
 * @param {{ slope: number, offset: number }} scale to mV
 * @returns {Stand}
 */
export function standOf(spots, { slope, offset }) {
    const read = spots.map((spot) => levelsOf(spot, slope, offset)).filter((one) => one !== null);
    if (!read.length) return USUAL;
    const middle = median(read.map((one) => one.middle));
    const base = Math.abs(middle) > NEAR_MV ? Math.round(middle * 10) / 10 : 0;
    const up = median(read.map((one) => one.high)) - base;
    const down = base - median(read.map((one) => one.low));
    return { base, up: roomFor(up, USUAL.up), down: roomFor(down, USUAL.down), peak: Math.max(USUAL.peak, up) };
}

/** @param {number} mv @param {number} usual */
const roomFor = (mv, usual) => Math.max(usual, Math.min(MOST_MV, mv + MARGIN_MV));

/** @param {Columns} columns @param {number} slope @param {number} offset */
function levelsOf({ low, high }, slope, offset) {
    const middles = [];
    let least = Infinity;
    let most = -Infinity;
    for (let k = 0; k < low.length; k++) {
        const [a, b] = [low[k] * slope + offset, high[k] * slope + offset];
        if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
        middles.push((a + b) / 2);
        least = Math.min(least, a, b);
        most = Math.max(most, a, b);
    }
    return middles.length ? { middle: median(middles), low: least, high: most } : null;
}

/** @param {number[]} values */
function median(values) {
    const sorted = values.toSorted((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The part of a line's height that is above its base. @param {Stand} stand */
export const partAbove = ({ up, down }) => up / (up + down);

/**
 * Return a scale to mV from a base instead of from 0 mV.
 * @template {{ offset: number }} S
 * @param {S} scale
 * @param {number} base
 * @returns {S}
 */
export const around = (scale, base) => ({ ...scale, offset: scale.offset - base });
