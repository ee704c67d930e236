// Which millivolts the base line of a row stands for: 0, until the middle of the signal has left the row.
// Nothing is filtered: the whole picture is moved by a round number, and the tile says by which. Pure.

/** Millivolts of which a base is a multiple. */
const STEP_MV = 0.5;

/** The part of the row's room beyond which a middle is too near to the edge for its waves to be seen. */
const WITHIN = 0.8;

/** Least part of what was looked at that has to be there: a lead that is off has no middle. */
const LEAST = 0.5;

/**
 * Return the base for a lead.
 * @param {number[]} mv what was looked at, NaN where nothing stands
 * @param {{ above: number, below: number }} room of the row, in mV from its base line
 * @param {number} base in mV, until now
 */
export function baseFor(mv, { above, below }, base) {
    const there = mv.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    if (!there.length || there.length < LEAST * mv.length) return base;
    const middle = there[Math.floor(there.length / 2)];
    if (middle - base < WITHIN * above && base - middle < WITHIN * below) return base;
    return Math.round(middle / STEP_MV) * STEP_MV;
}

/** @param {number} base in mV */
export function baseWords(base) {
    return `${base > 0 ? "+" : "\u2212"}${Math.abs(base)} mV`;
}
