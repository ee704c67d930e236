// Stored values to physical ones, and what their unit means on ECG paper.

/** @typedef {import("../wire/events.js").LeadInfo} LeadInfo */

/**
 * Millivolts of one of each unit that is a voltage. Case decides between milli and mega only where
 * somebody would measure an ECG in megavolts: nobody does, and headers with `mv` and `MV` exist.
 * @type {ReadonlyMap<string, number>}
 */
const MILLIVOLTS = new Map([
    ["nv", 1e-6],
    ["uv", 1e-3],
    ["\u00b5v", 1e-3], // micro sign
    ["\u03bcv", 1e-3], // Greek mu
    ["microvolt", 1e-3],
    ["mv", 1],
    ["millivolt", 1],
    ["v", 1e3],
    ["volt", 1e3],
]);

/**
 * Return how many mV one `unit` is; null where it is not known to be a voltage. Nothing is guessed.
 * @param {string | null} unit
 * @returns {number | null}
 */
export function millivoltsPer(unit) {
    if (unit === null) return null;
    return MILLIVOLTS.get(unit.trim().toLowerCase()) ?? null;
}

/**
 * A straight line from stored value to the value drawn: `drawn = value * slope + offset`, in mV where
 * `volts` is true, else in the lead's own unit (or, without one, in stored units).
 * @typedef {{ slope: number, offset: number, volts: boolean }} Scale
 */

/**
 * `physical = (value - baseline) / gain`, in mV where the unit is a voltage.
 * @param {LeadInfo} lead
 * @returns {Scale}
 */
export function scaleOf(lead) {
    const factor = millivoltsPer(lead.unit);
    const slope = (factor ?? 1) / lead.gain;
    return { slope, offset: -lead.baseline * slope, volts: factor !== null };
}

/**
 * Return what a stored value is.
 * @param {Scale} scale
 * @param {number} value
 */
export const physical = (scale, value) => value * scale.slope + scale.offset;
