// @ts-check
/**
 * What the list is narrowed down to: in the address of the page as the server is asked. Pure.
 *
 * @typedef {object} Choice
 * @property {string} query words, each of which must be part of a record's id, patient, lead, data set or source
 * @property {string[]} leads all of which it must have
 * @property {string} fs its rate in Hz, as the server writes it; "" = any
 * @property {string} span one of `SPANS`; "" = any
 * @property {string} dataset
 * @property {string} annotated "true", "false" or ""
 * @property {string} quality
 */

/** How long a record may be: seconds from, and to. @type {Readonly<Record<string, readonly [number | null, number | null]>>} */
export const SPANS = Object.freeze({
    "under-30s": [null, 30],
    "30s-10min": [30, 600],
    "10min-2h": [600, 7200],
    "over-2h": [7200, null],
    "over-24h": [86_400, null],
});

/** @type {Choice} */
export const ALL = Object.freeze({ query: "", leads: [], fs: "", span: "", dataset: "", annotated: "", quality: "" });

/** @param {string} search the query string of an address @returns {Choice} what is not understood is left out */
export function choiceOf(search) {
    const said = new URLSearchParams(search);
    const text = (/** @type {string} */ name) => said.get(name) ?? "";
    const fs = Number(text("fs"));
    return {
        query: text("query"),
        leads: text("leads").split(",").filter(Boolean),
        fs: text("fs") && fs > 0 && Number.isFinite(fs) ? text("fs") : "",
        span: Object.hasOwn(SPANS, text("span")) ? text("span") : "",
        dataset: text("dataset"),
        annotated: ["true", "false"].includes(text("annotated")) ? text("annotated") : "",
        quality: text("quality"),
    };
}

/** @param {Choice} choice @returns {string} the address of the page that shows it */
export function addressOf(choice) {
    const said = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...choice, leads: choice.leads.join(",") })) if (value) said.set(name, value);
    return said.size ? `/?${said}` : "/";
}

/** @param {Choice} choice @returns {URLSearchParams} what the server is asked for */
export function askedOf({ query, leads, fs, span, dataset, annotated, quality }) {
    const [low, high] = SPANS[span] ?? [null, null];
    const asked = new URLSearchParams();
    const add = (/** @type {string} */ name, /** @type {string | number | null} */ value) => {
        if (value !== null && value !== "") asked.set(name, String(value));
    };
    add("query", query);
    add("leads", leads.join(","));
    add("fs_low", fs);
    add("fs_high", fs);
    add("s_low", low);
    add("s_high", high);
    add("dataset", dataset);
    add("annotated", annotated);
    add("quality", quality);
    return asked;
}

/** How much is chosen beside the words. @param {Choice} choice */
export function chosenBeside({ leads, fs, span, dataset, annotated, quality }) {
    return leads.length + [fs, span, dataset, annotated, quality].filter(Boolean).length;
}
