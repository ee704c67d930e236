// What the strip of the whole record says.

const many = (/** @type {number} */ count, /** @type {string} */ one, /** @type {string} */ more) =>
    `${count === 0 ? "no" : count.toLocaleString("en")} ${count === 1 ? one : more}`;

export const OVERVIEW = Object.freeze({
    drawn: (/** @type {string} */ lead) => `${lead}, lowest and highest`,
    beyond: (/** @type {string} */ lead) => `${lead}, lowest and highest; values far beyond are cut off`,
    waiting: (/** @type {string} */ lead) => `${lead} \u2026`,
    none: (/** @type {string} */ lead) => `${lead}: no outline to be had`,
    of: (/** @type {string} */ at, /** @type {string} */ length) => `${at} of ${length}`,
    /** `gaps`: null = not known. `annotations`: undefined = not answered yet. @param {{ gaps: number | null, annotations: number | null | undefined, rhythms: number, findings: number | null }} counts */
    says: ({ gaps, annotations, rhythms, findings }) =>
        [
            "The whole record",
            gaps === null ? "gaps not known" : many(gaps, "gap", "gaps"),
            annotations === undefined ? "annotations still being looked for" : annotations === null
                ? "annotations not to be had"
                : `${many(annotations, "annotation", "annotations")}, ${many(rhythms, "rhythm change", "rhythm changes")} among them`,
            findings === null ? "quality not known" : many(findings, "quality finding", "quality findings"),
        ].join(", "),
});
