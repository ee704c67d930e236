// What is said of beats and of the heart rate. For research and education, wherever it stands.

import { SPREAD_LEAST } from "../signal/beats.js";
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
    uncertain: "beats uncertain",
    no_lead: "no ECG lead in volts",
    not_readable: "cannot be read",
    analysing: "being analysed",
});

/** A reason of the server in words; one that is not known here as it comes. @param {string} why */
export const whyWords = (why) => WHY[why] ?? why.replaceAll("_", " ");

export const BEATS = Object.freeze({
    name: "Beats",
    by: (/** @type {string} */ detector, /** @type {string} */ leads) => `${detector} in ${leads}`,
    says: (/** @type {string} */ by) => `${by}, for research and education; a tick at each R, without a letter: the class of these beats is not known`,
    fact: (/** @type {string} */ by) => `${by} \u00b7 for research and education`,
    waiting: "being looked for \u00b7 for research and education",
    failed: (/** @type {string} */ why) => `not to be had, ${why}`,
    noLead: "no lead",
    notAnalysed: (/** @type {string} */ why) => `not analysed: ${whyWords(why)}`,
    pause: (/** @type {number} */ seconds) => `PAUSE ${seconds.toFixed(1)} s`,
    none: "---",
    rate: (/** @type {number} */ bpm) => String(Math.round(bpm)),
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

/** @param {number} value @param {string} unit */
const orNone = (value, unit) => (Number.isNaN(value) ? "\u2013" : `${Math.round(value)} ${unit}`);

/** What is told of a spread that is of too few. */
const few = Object.freeze({ rr: `needs ${SPREAD_LEAST} RR`, pairs: `needs ${SPREAD_LEAST} pairs` });

/** @param {number} value @param {string} unit @param {string} needs what stands there where it is not known */
const spread = (value, unit, needs) => (Number.isNaN(value) ? needs : orNone(value, unit));

/** The panel of the rhythm. */
export const RHYTHM = Object.freeze({
    spans: /** @type {Readonly<Record<string, string>>} */ (
        Object.freeze({ 0: "What is in sight", 60: "1 minute", 300: "5 minutes", 1800: "30 minutes", Infinity: "The whole record" })
    ),
    of: (/** @type {string} */ from, /** @type {string} */ to) => `${from} to ${to}`,
    follow: (/** @type {number} */ least, /** @type {number} */ most) => `Window of ${least} to ${most} beats`,
    notOnPaper: "On calibrated paper the window is as long as the paper: Fit lets it follow the beats",
    axis: "RR and the next one, ms",
    choose: "A point leads to its beat",
    chosen: (/** @type {number} */ rr, /** @type {string} */ at) => `RR ${Number.isNaN(rr) ? "not counted" : `${Math.round(rr)} ms`} at ${at}`,
    noneChosen: (/** @type {number} */ count) => `${count.toLocaleString(LANGUAGE)} beats, none chosen`,
    poincare: (/** @type {{ pairs: number, sd1: number, sd2: number }} */ { pairs, sd1, sd2 }) =>
        `Poincare plot of ${pairs.toLocaleString(LANGUAGE)} pairs: SD1 ${orNone(sd1, "ms")}, SD2 ${orNone(sd2, "ms")}, for research and education`,
    /**
     * @param {import("../signal/beats.js").Variability & { beats: number, pauses: number, blindS: number }} of
     * @returns {[name: string, value: string, title: string][]}
     */
    facts: (of) => [
        ["Beats", of.beats.toLocaleString(LANGUAGE), "R peaks in the span"],
        ["RR", Number.isNaN(of.mean) ? "\u2013" : `${Math.round(of.mean)} (${Math.round(of.least)} to ${Math.round(of.most)}) ms`, "Mean, shortest and longest, from beat to beat"],
        ["Rate", Number.isNaN(of.mean) ? "\u2013" : `${Math.round(60_000 / of.mean)} /min`, "Of the mean RR"],
        ["Spread", "of all RR, ectopics included", `The detector does not classify beats: this is not of NN intervals. Of fewer than ${SPREAD_LEAST} it would be off by a quarter`],
        ["SDRR", spread(of.sdrr, "ms", few.rr), "Standard deviation of all RR, ectopics included"],
        ["RMSSD of RR", spread(of.rmssd, "ms", few.pairs), "Root of the mean square of the differences from one RR to the next, ectopics included"],
        ["pRR50", spread(of.prr50, "%", few.pairs), "Part of the differences that are over 50 ms, ectopics included"],
        ["SD1, SD2", Number.isNaN(of.sd1) ? few.pairs : `${orNone(of.sd1, "ms")}, ${orNone(of.sd2, "ms")}`, "Spread across and along the line of equal RR"],
        ["Pauses", String(of.pauses), "Longer than 2.5 s without a beat"],
        ["Not counted", `${of.blindS.toFixed(1)} s`, "Not analysed, or not yet"],
    ],
});
