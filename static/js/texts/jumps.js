// What the jumps through a record are called, and what they found.

/** @typedef {import("../signal/marks.js").Filter} Filter */
/** @typedef {import("../ui/place.js").PlaceKind} PlaceKind */

/** @type {Readonly<Record<Filter, string>>} */
export const FILTER_NAMES = Object.freeze({
    all: "All annotations",
    beats: "Beats not normal",
    rhythm: "Rhythm changes",
    comments: "Comments",
});

/** @type {Readonly<Record<PlaceKind, string>>} */
export const KIND_NAMES = Object.freeze({ elapsed: "Elapsed", clock: "Clock", sample: "Sample" });

/** @type {Readonly<Record<PlaceKind, string>>} */
export const KIND_HINTS = Object.freeze({
    elapsed: "1:23:45.6 or seconds",
    clock: "14:05:30 or 2026-01-31T14:05",
    sample: "number from 0",
});

export const JUMPS = Object.freeze({
    gap: (/** @type {string} */ at, /** @type {string} */ span) => `Gap at ${at}, ${span} long`,
    finding: (/** @type {string} */ lead, /** @type {string} */ kind, /** @type {string} */ at, /** @type {string} */ detail) =>
        `${lead} ${kind} at ${at}: ${detail}`,
    mark: (/** @type {string} */ what, /** @type {string} */ at, /** @type {string} */ by) => `${what} at ${at} (${by})`,
    time: (/** @type {string} */ at) => `At ${at}`,
    noneAfter: (/** @type {string} */ what) => `${what}: none after this place`,
    noneBefore: (/** @type {string} */ what) => `${what}: none before this place`,
    gaps: "Gap",
    findings: "Quality finding",
    still: (/** @type {string} */ what) => `${what}: still being looked for`,
    failed: (/** @type {string} */ what, /** @type {string} */ why) => `${what}: not to be had, ${why}`,
    noClock: "The record has no time of day",
});

/** @type {Readonly<Record<string, string>>} */
export const FINDING_KINDS = Object.freeze({
    unreadable: "cannot be read", flat: "flat", saturated: "saturated", missing: "missing", infinite: "infinite", sentinel: "far from all else",
    hum: "mains hum", wander: "baseline wander", limb: "limb leads disagree", duplicate: "same samples",
});
