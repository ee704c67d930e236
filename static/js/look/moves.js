// Where a look goes when it is moved or zoomed. Pure: samples and seconds in, a look out.

/** @typedef {import("../view/sheet.js").Look} Look */
/** A record, as far as looking goes. @typedef {{ fs: number, length: number }} Extent */

/** Seconds of the shortest window. */
const LEAST_S = 0.2;

/** Samples that the shortest window has at least: of a slow signal a fifth of a second shows nothing. */
const LEAST_SAMPLES = 2;

/**
 * Return the seconds of the shortest and the longest window of a record.
 * @param {Extent} extent
 */
export function windowLimits({ fs, length }) {
    const least = Math.max(LEAST_S, LEAST_SAMPLES / fs);
    return { least, most: Math.max(least, length / fs) };
}

/**
 * Return the look within the record; one that is longer than it begins at its start.
 * @param {Look} look
 * @param {Extent} extent
 * @returns {Look}
 */
export function within({ start, windowS }, extent) {
    const { least, most } = windowLimits(extent);
    const window = Math.min(most, Math.max(least, windowS));
    const last = Math.max(0, extent.length - window * extent.fs);
    return { start: Math.min(last, Math.max(0, start)), windowS: window };
}

/**
 * Return the look zoomed such that what is at `anchor`, 0 at its left and 1 at its right, stays there.
 * @param {Look} look
 * @param {number} factor by which the window becomes longer
 * @param {number} anchor
 * @param {Extent} extent
 * @returns {Look}
 */
export function zoomed({ start, windowS }, factor, anchor, extent) {
    const { least, most } = windowLimits(extent);
    const window = Math.min(most, Math.max(least, windowS * factor));
    return within({ start: start + (windowS - window) * extent.fs * anchor, windowS: window }, extent);
}

/**
 * Return the look moved by `seconds`.
 * @param {Look} look
 * @param {number} seconds
 * @param {Extent} extent
 * @returns {Look}
 */
export const moved = ({ start, windowS }, seconds, extent) =>
    within({ start: start + seconds * extent.fs, windowS }, extent);

/**
 * Return the window for a place of the slider, 0 to 1: equal ways are equal factors.
 * @param {number} place
 * @param {{ least: number, most: number }} limits
 */
export const windowAt = (place, { least, most }) => least * (most / least) ** place;

/** @param {number} windowS @param {{ least: number, most: number }} limits */
export const placeOf = (windowS, { least, most }) =>
    most > least ? Math.log(windowS / least) / Math.log(most / least) : 0;
