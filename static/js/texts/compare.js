// The page that holds two stretches of signal against each other.

export const COMPARE = Object.freeze({
    title: "Compare",
    noRecord: "No record was asked for. Choose one from the list of records.",
    gone: (/** @type {string} */ record) => `${record} is not here, or you may not see it.`,
    allEcg: "All ECG leads",
    locked: "Locked in time",
    free: "Free",
    /** How far the second stretch is from the first, in its own record. */
    apart: (/** @type {string} */ time) => `Second ${time} after the first`,
    before: (/** @type {string} */ time) => `Second ${time} before the first`,
    same: "Both at the same time",
    /** `part` of the address, or the time that was typed. */
    moved: (/** @type {string} */ part, /** @type {string} */ from) =>
        `${part}: the window would reach beyond the end of the record, moved to ${from}`,
    otherSpan: (/** @type {string} */ part, /** @type {string} */ span) =>
        `${part}: no such window in this record, set to ${span}`,
    rates: (/** @type {string} */ one, /** @type {string} */ other) => `Rates differ: ${one} and ${other}`,
    apartAnd: (/** @type {string} */ apart, /** @type {string} */ rates) => `${apart}. ${rates}`,
    span: (/** @type {string} */ from, /** @type {string} */ to) => `${from} \u2013 ${to}`,
});
