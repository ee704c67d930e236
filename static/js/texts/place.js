// What is wrong with a place that was typed.

export const PLACE = Object.freeze({
    empty: "Type where to go.",
    elapsed: (/** @type {string} */ text) => `${text} is no time: expected 1:23:45.6, 23:45 or seconds.`,
    clock: (/** @type {string} */ text) => `${text} is no time of day: expected 14:05, 14:05:30.5 or a date and time.`,
    date: (/** @type {string} */ text) => `${text} is no date and time: expected 2026-01-31T14:05:30, with or without a zone.`,
    sample: (/** @type {string} */ text) => `${text} is no sample number: expected a whole number.`,
    noClock: "The record does not say when it was taken: go by elapsed time.",
    noZone: "The record does not say its zone: leave the zone out.",
    badZone: (/** @type {string} */ zone) => `The record's zone ${zone} is not known here: leave the zone out.`,
    beyond: (/** @type {string} */ length) => `That is not in the record: it is ${length} long.`,
    beyondSamples: (/** @type {number} */ last) => `That is not in the record: its samples are 0 to ${last}.`,
    outside: (/** @type {string} */ from, /** @type {string} */ to) => `That is not in the record: it runs from ${from} to ${to}.`,
});
