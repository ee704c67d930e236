// The march-out: one interval laid end to end over what is in sight, to see whether a rhythm keeps to it.

/**
 * Return the samples at which the interval between two marks ends when it is repeated both ways, without
 * the marks themselves; those in [start, stop] alone. Multiples counted from the first mark, so nothing
 * drifts. Empty where the marks are one, or where the steps would be nearer than `least` samples:
 * lines side by side would be a grey.
 * @param {number} one
 * @param {number} other
 * @param {{ start: number, stop: number }} sight
 * @param {number} least
 * @returns {number[]}
 */
export function marches(one, other, { start, stop }, least = 1) {
    const step = Math.abs(other - one);
    if (step < Math.max(1, least)) return [];
    const from = Math.min(one, other);
    /** @type {number[]} */
    const found = [];
    const last = Math.floor((stop - from) / step);
    for (let k = Math.ceil((start - from) / step); k <= last; k++) {
        // 0 and 1 are the marks.
        if (k < 0 || k > 1) found.push(from + k * step);
    }
    return found;
}
