// What the picture's layouts, its stillness and its leads are called.

/** @typedef {import("../view/sheets.js").SheetName} SheetName */

/** @type {Readonly<Record<SheetName, string>>} */
export const SHEETS = Object.freeze({
    rows: "Leads in rows",
    rhythm1: "1 rhythm strip",
    rhythm2: "2 rhythm strips",
    rhythm3: "3 rhythm strips",
    "3x4+1R": "3\u00d74 + 1 rhythm",
    "3x4+3R": "3\u00d74 + 3 rhythm",
    "6x2": "6\u00d72",
    "12x1": "12\u00d71",
    cabrera: "Cabrera 6\u00d72",
});

/** @type {Readonly<Record<SheetName, string>>} */
export const SHEETS_SHORT = Object.freeze({
    rows: "Rows", rhythm1: "Rhythm", rhythm2: "2 rhythm", rhythm3: "3 rhythm",
    "3x4+1R": "3\u00d74+1R", "3x4+3R": "3\u00d74+3R", "6x2": "6\u00d72", "12x1": "12\u00d71", cabrera: "Cabrera",
});

/** @type {Readonly<Record<import("../filter/presets.js").Name, string>>} */
const FILTERS = { none: "", diagnostic: "0.05\u2013150 Hz", monitor: "0.5\u201340 Hz" };

export const VIEW = Object.freeze({
    /** A filter as it is offered; what is really done is said beside each lead. */
    filter: (/** @type {import("../filter/presets.js").Preset} */ { name, notch }) =>
        [FILTERS[name], notch ? `${notch} Hz notch` : ""].filter(Boolean).join(" + ") || "No filter",
    asStored: "As stored",
    filtered: (/** @type {string} */ label) => `Filtered: ${label}`,
    filterOff: "Filter not applied here: this is drawn as stored",
    more: "More",
    less: "Less",
    noFullScreen: "This browser does not allow full screen here.",
    derived: "derived",
    inverted: "inverted",
    notRecorded: "not in this record",
    noLeadsFor: "This record has no leads for that layout.",
    uncalibrated: "Fit to the window: the paper is not calibrated any more.",
    nothingToShare: "There is no picture to take away yet.",
    samples: "Samples",
    waiting: "Loading",
    outline: "Outline: lowest and highest of each stored piece",
    envelope: (/** @type {string} */ samples) => `Envelope: lowest and highest of ${samples} samples a column`,
    bounds: "derived leads: outer bounds",
    sight: (/** @type {string} */ from, /** @type {string} */ to, /** @type {string} */ span) => `${from} to ${to}, ${span}`,
    storedTurned: (/** @type {string} */ name) => `${name} inverted`,
    base: (/** @type {number} */ mv) => `base ${mv > 0 ? "+" : "\u2212"}${Math.abs(mv)} mV`,
    storedAs: (/** @type {string} */ name) => `= ${name}`,
    lineIs: (/** @type {string} */ name, /** @type {string} */ remarks) => `${name}, ${remarks}`,
});
