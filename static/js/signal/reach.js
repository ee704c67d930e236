// How far a lead reaches: its usual values, and those that stand far beyond all of them. Pure.

/**
 * Lowest and highest stored value; `whole` where these are the usual ones alone: how far all of them reach.
 * @typedef {{ low: number, high: number, whole?: { low: number, high: number } }} Range
 */

/**
 * A value so many extents of all else away is no wave: an empty second of a strip beside one large beat is not
 * flattened away by this, and -9999 does not flatten the beats.
 */
const FAR = 20;

/** The part of all columns that is surely usual: from its first quarter to its last. */
const QUARTER = 0.25;

/**
 * Return the range of an envelope, whose columns are NaN where nothing is there; null where nothing is at all. Of
 * values far beyond all others only `whole` tells.
 * @param {{ low: ArrayLike<number>, high: ArrayLike<number> }} of
 * @returns {Range | null}
 */
export function reachOf({ low, high }) {
    const lows = Float64Array.from(low).filter(Number.isFinite).sort();
    const highs = Float64Array.from(high).filter(Number.isFinite).sort();
    // An infinite end of a column is none, and its other end is a value.
    const all = Float64Array.of(...lows, ...highs).sort();
    if (!all.length) return null;
    const whole = { low: all[0], high: all[all.length - 1] };
    let first = all.indexOf((lows.length ? lows : all)[Math.floor(QUARTER * (lows.length || all.length))]);
    let last = all.lastIndexOf((highs.length ? highs : all)[Math.floor((1 - QUARTER) * (highs.length || all.length))]);
    if (first > last) [first, last] = [last, first];
    for (;;) {
        const most = FAR * (all[last] - all[first]);
        // Of a lead that hardly moves nothing is far.
        if (first > 0 && (!most || all[first] - all[first - 1] < most)) first--;
        else if (last < all.length - 1 && (!most || all[last + 1] - all[last] < most)) last++;
        else break;
    }
    const usual = { low: all[first], high: all[last] };
    return usual.low === whole.low && usual.high === whole.high ? whole : { ...usual, whole };
}
