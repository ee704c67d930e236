// The heart rate of a whole record as a strip: what stands where. Numbers in, numbers out.

/** Rates that a strip reaches to, /min: nothing scales but in these steps, and the strip says which. */
const TOPS = [120, 180, 240, 300];
/** The part of the columns that it holds; the rest are marked at its edge: one artefact must not make a line of a day. */
const HELD = 0.99;
const FOOT = 30;

/** Lines that are named, /min. */
const NAMED = [60, 100, 150, 200, 250];

/**
 * Return the range of a strip that holds nearly all of `high`, and the lines that have room to be named.
 * @param {ArrayLike<number>} high /min, NaN = none
 * @param {number} height pixels
 * @param {number} apart pixels that a name needs
 */
export function rangeOf(high, height, apart) {
    const known = Float64Array.from(Array.from(high).filter((one) => !Number.isNaN(one))).sort();
    const most = known.length ? known[Math.min(known.length - 1, Math.floor(known.length * HELD))] : 0;
    const top = TOPS.find((one) => one >= most) ?? Math.ceil(most / 60) * 60;
    const scale = height / (top - FOOT);
    /** @type {number[]} */
    const lines = [];
    for (const rate of NAMED) {
        const above = (lines.at(-1) ?? FOOT) === FOOT ? Infinity : (rate - lines[lines.length - 1]) * scale;
        if (rate < top && above >= apart) lines.push(rate);
    }
    return { foot: FOOT, top, lines };
}

/** How far below the top of a strip a rate stands. @param {number} rate @param {{ foot: number, top: number }} range @param {number} height */
export const heightOf = (rate, { foot, top }, height) =>
    Math.round(((top - Math.min(top, Math.max(foot, rate))) / (top - foot)) * (height - 1));

/**
 * What a trend says in all, /min; null where no rate is known.
 * @param {{ low: ArrayLike<number>, mean: ArrayLike<number>, high: ArrayLike<number> }} trend
 */
export function summary({ low, mean, high }) {
    let [least, most, sum, count] = [Infinity, -Infinity, 0, 0];
    for (let i = 0; i < mean.length; i++) {
        if (Number.isNaN(mean[i])) continue;
        least = Math.min(least, low[i]);
        most = Math.max(most, high[i]);
        sum += mean[i];
        count++;
    }
    return count ? { least, most, mean: sum / count } : null;
}

/** The column that a part of the record lies in. @param {number} part 0 to 1 @param {number} columns */
export const columnAt = (part, columns) => Math.min(columns - 1, Math.max(0, Math.floor(part * columns)));
