// What is said of beats and of the heart rate. For research and education, wherever it stands.

import { LANGUAGE } from "./units.js";

/** Why there is no rate, or why beats were not looked for. @type {Readonly<Record<string, string>>} */
export const WHY = Object.freeze({
    too_few_beats: "too few beats",
    pause: "pause",
    gap: "no signal",
    missing: "no signal",
    lead_off: "lead off",
    flat: "flat line",
    saturated: "saturated",
    flutter: "flutter",
    noise: "noise",
    no_lead: "no ECG lead",
    not_readable: "cannot be read",
    analysing: "being analysed",
});

/** A reason of the server in words; one that is not known here as it comes. @param {string} why */
export const whyWords = (why) => WHY[why] ?? why.replaceAll("_", " ");

export const BEATS = Object.freeze({
    research: "for research and education",
    name: "Beats",
    by: (/** @type {string} */ detector, /** @type {string} */ leads) => `${detector} in ${leads}`,
    says: (/** @type {string} */ by) => `${by}, for research and education; Q: of which kind is not said`,
    fact: (/** @type {string} */ by) => `${by} \u00b7 for research and education`,
    waiting: "being looked for \u00b7 for research and education",
    failed: (/** @type {string} */ why) => `not to be had, ${why}`,
    noLead: "no lead",
    notAnalysed: (/** @type {string} */ why) => `not analysed: ${whyWords(why)}`,
    pause: (/** @type {number} */ seconds) => `PAUSE ${seconds.toFixed(1)} s`,
    none: "---",
    rate: (/** @type {number} */ bpm) => String(Math.round(bpm)),
    whyResearch: (/** @type {string} */ why) => `${why} \u00b7 for research and education`,
    count: (/** @type {number} */ count) => count.toLocaleString(LANGUAGE),
});

/** @param {number} low @param {number} high */
const span = (low, high) => {
    const [least, most] = [Math.round(low), Math.round(high)];
    return least === most ? String(least) : `${least} to ${most}`;
};

/** The heart rate of a whole record. */
export const TREND = Object.freeze({
    at: (/** @type {number} */ low, /** @type {number} */ high) => `${span(low, high)}/min`,
    caption: (/** @type {string} */ method) => `Heart rate /min, ${method} \u00b7 for research and education`,
    partly: (/** @type {string} */ method) => `Heart rate /min, ${method}, being analysed \u00b7 for research and education`,
    failed: (/** @type {string} */ why) => `Heart rate: not to be had, ${why}`,
    none: "No heart rate is known of this record, for research and education",
    says: (/** @type {{ least: number, most: number, mean: number }} */ { least, most, mean }, /** @type {number} */ pauses) =>
        `Heart rate of the whole record, for research and education: ${span(least, most)} a minute, ${Math.round(mean)} in the mean, ${
            pauses === 0 ? "no pauses" : pauses === 1 ? "1 pause" : `${pauses} pauses`
        }`,
});
