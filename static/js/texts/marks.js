// What stands on the picture beside the trace, and who says so.

import { LANGUAGE } from "./units.js";

export const MARKS = Object.freeze({
    model: (/** @type {string} */ source) => `read only, ${source}`,
    counted: (/** @type {string} */ says, /** @type {number} */ count) =>
        `${says} \u00b7 ${count.toLocaleString(LANGUAGE)} ${count === 1 ? "mark" : "marks"}`,
    imported: "read only, as it came with the record",
});
