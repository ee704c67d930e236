// What the panel of quality says.

const percent = (/** @type {number} */ part) => `${Number((100 * part).toPrecision(2))} %`;

/** @type {Readonly<Record<string, string>>} */
export const CHECK_KINDS = Object.freeze({
    unreadable: "Cannot be read",
    zero: "One value only",
    rate: "Rate",
    unit: "Unit or gain",
    limb: "Limb leads disagree",
    duplicate: "Same samples",
    beyond: "Annotations outside",
    times: "Times",
    missing: "Missing",
    infinite: "Infinite",
    sentinel: "Far from all else",
    flat: "Flat",
    saturated: "Saturated",
    faint: "Faint",
    no_unit: "Not calibrated",
    abutting: "Rate?",
    start: "Start?",
    clock: "Another clock",
    one_lead: "One lead?",
    not_shown: "Not shown",
    whose: "Whose?",
    hum: "Mains hum",
    wander: "Baseline wander",
    arms: "Arm electrodes?",
    double: "A copy?",
});

/** @type {Readonly<Record<string, string>>} */
export const LEVELS = Object.freeze({ error: "Error", warning: "Warning", hint: "Hint", clean: "Nothing found" });

export const CHECKS = Object.freeze({
    looking: "Looking the whole record over: some seconds for a day.",
    clean: "Nothing was found in any lead. What was not looked for is not said to be absent.",
    none: (/** @type {string} */ lead) => `Nothing was found in ${lead}.`,
    failed: (/** @type {string} */ why) => `The record could not be looked over: ${why}`,
    of: (/** @type {number} */ part) =>
        part >= 0.999
            ? "The whole record was looked at."
            : `Gaps, flat and saturated: every sample. The rest: windows of 10 s, ${percent(part)} of the record.`,
    exact: "Gaps, flat and saturated alone: there is no ECG here that can be measured.",
    all: "All leads",
    record: "the record",
    where: (/** @type {string} */ from, /** @type {string} */ to) => `${from} \u2013 ${to}`,
    nth: (/** @type {number} */ one, /** @type {number} */ all) => `${one.toLocaleString("en")} of ${all.toLocaleString("en")}`,
    more: (/** @type {number} */ count) => `${count.toLocaleString("en")} more are not listed`,
    before: (/** @type {string} */ what) => `${what}: the place before`,
    next: (/** @type {string} */ what) => `${what}: the next place`,
    here: (/** @type {string} */ what) => `${what}: show this place`,
    nowhere: "the whole record",
    seen: (/** @type {string} */ what, /** @type {string} */ at) => `${what} at ${at}`,
    notShown: (/** @type {string} */ leads) => `${leads}: not among the leads shown`,
    share: percent,
    mv: (/** @type {number} */ mv) => `${mv.toFixed(2)} mV`,
    hum: (/** @type {number} */ mv, /** @type {number} */ hz) => `${Math.round(mv * 1000)} \u00b5V at ${hz} Hz`,
    dash: "\u2013",
});
