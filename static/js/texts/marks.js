// What stands on the picture beside the trace, and who says so.

import { LANGUAGE } from "./units.js";

export const MARKS = Object.freeze({
    model: (/** @type {string} */ source) => `read only, ${source}`,
    counted: (/** @type {string} */ says, /** @type {number} */ count, /** @type {boolean} whether it may be more */ partly) =>
        `${says} \u00b7 ${count.toLocaleString(LANGUAGE)} ${count === 1 ? "mark" : "marks"}${partly ? " so far" : ""}`,
    imported: "read only, as it came with the record",
    /** Of a set that would cover the picture. */
    waves: (/** @type {string} */ says) => `${says}, several marks on each beat: off until it is switched on`,
    off: (/** @type {number} */ sets) => `${sets} off`,
    whichOff: (/** @type {string} */ names) => `Which marks stand on the picture (V). Off: ${names}`,
    which: "Which marks stand on the picture (V)",
});
