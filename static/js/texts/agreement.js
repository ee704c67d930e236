// What the panel that compares two annotation sets says.

import { LANGUAGE } from "./units.js";

const counted = (/** @type {number} */ n) => n.toLocaleString(LANGUAGE);
const percent = (/** @type {number | null} */ ratio) => (ratio === null ? "\u2013" : `${(100 * ratio).toFixed(2)} %`);

export const AGREEMENT = Object.freeze({
    loading: "Comparing\u2026",
    one: "There is one annotation set here; it takes two to compare.",
    none: "There are no annotation sets here.",
    noSet: (/** @type {string} */ name) => `There is no set ${name} here: nothing is compared. Choose another.`,
    gone: (/** @type {string} */ name) => `The set ${name} is gone: it was taken away. Nothing is compared; choose another.`,
    noBeats: (/** @type {string} */ name) => `The set ${name} has no beats to compare: choose another.`,
    threshold: (/** @type {number} */ value) => `\u2265 ${Number(value.toPrecision(3))}`,
    all: "all marks",
    /** The classes of beats. */
    classes: Object.freeze({
        N: "normal, bundle branch block", S: "supraventricular ectopic", V: "ventricular ectopic",
        F: "fusion", Q: "paced, not classified", O: "no beat there", X: "no beat, in a shutdown",
    }),
    cell: (/** @type {string} */ reference, /** @type {string} */ test, /** @type {number} */ count) =>
        `${counted(count)} of reference ${reference}, test ${test}`,
    scores: Object.freeze({ QRS: "All beats", N: "N", S: "S", V: "V", F: "F", Q: "Q" }),
    /** Of a class an error of class counts too: missed and made up would be the wrong words. */
    ofClass: Object.freeze({ lost: "missed, called otherwise", wrong: "called so wrongly" }),
    ofClassSays: Object.freeze({
        lost: "Beats of the class in the reference that the test missed or gave another class",
        wrong: "Beats to which the test gave the class, and which are of another one in the reference or not there",
    }),
    percent,
    count: counted,
    errors: (/** @type {number} */ count, /** @type {"all" | "found" | "cells"} */ which) =>
        `${counted(count)} ${which === "cells" ? "of the cells chosen" : which === "found" ? "missed or made up" : count === 1 ? "error" : "errors"}`,
    listed: (/** @type {number} */ count) => `The first ${counted(count)} are listed; Next error goes on to all others.`,
    place: (/** @type {number} */ place, /** @type {number} */ count) => `${counted(place + 1)} of ${counted(count)}`,
    last: Object.freeze({ "1": "No error behind this place.", "-1": "No error before this place." }),
    kinds: Object.freeze({ missed: "missed", extra: "made up", other: "another class", same: "the same" }),
    side: (/** @type {string | null} */ label, /** @type {number | null} */ score) =>
        label === null ? "\u2013" : score === null ? label : `${label} ${Number(score.toPrecision(3))}`,
    show: (/** @type {string} */ time, /** @type {string} */ cell) => `Show the error at ${time}, ${cell}`,
    answered: (/** @type {string} */ time, /** @type {string} */ symbol) => `${time}: ${symbol} is in the set \u201cadjudicated\u201d.`,
    choose: "Choose an error first.",
    decided: "decided",
    failed: (/** @type {string} */ why) => `Not put down: ${why}`,
    layer: "Disagreements",
    against: (/** @type {string} */ reference, /** @type {string} */ test) => `${test} against ${reference}`,
    excused: (/** @type {number} */ count) => `${counted(count)} beats of the test in ventricular flutter of the reference do not count.`,
    rules: (/** @type {string} */ rules) => `Counted as ${rules}. For research and education.`,
});
