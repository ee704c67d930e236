// Where the points of a tachogram and of a Poincare plot stand. Numbers in, numbers out.

/** Ms between two lines of a plot, and the least that one shows: an even rhythm is a dot, and not spread over all of it. */
const STEPS = [50, 100, 200, 500, 1000, 2000, 5000];
const LEAST = 400;

/**
 * Return the range of a plot that holds all intervals, on whole lines.
 * @param {ArrayLike<number>} rr ms, NaN = none
 * @param {number} most lines
 * @returns {{ low: number, high: number, step: number }}
 */
export function plotRange(rr, most) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < rr.length; i++) {
        if (rr[i] < low) low = rr[i];
        if (rr[i] > high) high = rr[i];
    }
    if (low > high) [low, high] = [600, 1000];
    const short = Math.max(0, LEAST - (high - low)) / 2;
    const [from, to] = [Math.max(0, low - short), high + short];
    const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS[STEPS.length - 1];
    return { low: Math.floor(from / step) * step, high: Math.ceil(to / step) * step, step };
}

/** Return the lines of a range. @param {{ low: number, high: number, step: number }} range */
export function linesOf({ low, high, step }) {
    return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
}

/**
 * Return the beat whose point is nearest to x; -1 for none.
 * @param {ArrayLike<number>} sample sorted
 * @param {ArrayLike<number>} rr NaN = no point
 * @param {number} at in samples
 */
export function nearestPoint(sample, rr, at) {
    let best = -1;
    for (let i = 0; i < sample.length; i++) {
        if (Number.isNaN(rr[i])) continue;
        if (best < 0 || Math.abs(sample[i] - at) < Math.abs(sample[best] - at)) best = i;
    }
    return best;
}
