// What the calipers say, in English. Words alone: how a number is rounded is said in measure/words.js.

/** @typedef {import("../measure/calipers.js").Kind} Kind */
/** @typedef {import("../measure/calipers.js").Reason} Reason */
/** @typedef {import("../measure/qt.js").Source} Source */
/** @typedef {import("../measure/qt.js").Step} Step */

/** Names of what is measured. @type {Readonly<Record<Kind, string>>} */
export const KINDS = Object.freeze({
    time: "Time",
    amplitude: "Amplitude",
    both: "Time and amplitude",
    march: "March-out",
    qt: "PR, QRS, QT",
});

/** Why there is no number. @type {Readonly<Record<Reason, string>>} */
export const REASONS = Object.freeze({
    gap: "gap between",
    pending: "reading the samples",
    unloaded: "samples not at hand",
    unscaled: "no mV scale",
    same: "one and the same sample",
    unset: "not set",
    order: "marks out of order",
    rr: "no RR of 200 to 3,000 ms",
    qt: "no QT of 100 to 1,000 ms",
    overlap: "QT not shorter than RR",
});

/** Marks of the guide: a letter for the picture, a name, and what to do. @type {Readonly<Record<Step, { letter: string, name: string, what: string }>>} */
export const MARKS = Object.freeze({
    p: { letter: "P", name: "P onset", what: "Where the P wave begins." },
    q: { letter: "Q", name: "QRS onset", what: "Where the QRS complex begins." },
    j: { letter: "J", name: "QRS end (J)", what: "Where the QRS complex ends." },
    t: { letter: "T", name: "T end", what: "Where the T wave ends." },
    r1: { letter: "R", name: "R of the beat before", what: "The R peak of the beat before." },
    r2: { letter: "R", name: "R of this beat", what: "The R peak of the beat measured." },
});

/** @type {Readonly<Record<Source, string>>} */
export const SOURCES = Object.freeze({
    before: "from the beat before to the beat measured",
    after: "from the beat measured to the next one",
    elsewhere: "of two other beats than the one measured",
});

/** Why nothing can be measured in a picture. */
export const REFUSALS = Object.freeze({
    envelope: "Envelopes are drawn here, not samples: zoom in to measure.",
    moving: "The picture moves: pause it to measure.",
});

export const MEASURE = Object.freeze({
    overlay: "Calipers on the picture",
    ends: Object.freeze(["start", "end"]),
    levels: Object.freeze(["first level", "second level"]),
    /** @param {number} number @param {string} what */
    handle: (number, what) => `Caliper ${number}, ${what}`,
    /** @param {string} lead @param {string} place @param {string | null} mv @param {string} result */
    handleSays: (lead, place, mv, result) => `lead ${lead}, ${place}${mv === null ? "" : `, ${mv}`}; ${result}`,
    /** @param {string} n */
    ms: (n) => `${n} ms`,
    /** @param {string} n */
    bpm: (n) => `${n} bpm`,
    /** @param {string} n */
    mv: (n) => `${n} mV`,
    none: "nothing to measure",

    // Refusals and remarks.
    noLead: "Put it on the trace of a lead.",
    /** @param {string} lead */
    noScale: (lead) => `Lead ${lead} has no mV scale: only times can be measured in it.`,
    /** @param {string} lead */
    sameLead: (lead) => `The guide measures lead ${lead}: set this mark there.`,
    /** @param {number} most */
    enough: (most) => `${most} calipers are the most: remove one first.`,
    /** @param {number} number */
    removed: (number) => `Caliper ${number} removed`,
    removedAll: "All calipers removed",
    /** @param {number} number @param {string} lead @param {string} result */
    result: (number, lead, result) => `Caliper ${number}, lead ${lead}: ${result}`,
    /** @param {number} count */
    unread: (count) =>
        count === 1 ? "One caliper of the link could not be read." : `${count} calipers of the link could not be read.`,
    /** @param {number} count */
    elsewhere: (count) =>
        `${count === 1 ? "One caliper" : `${count} calipers`} of the link left out: not on a lead of this record, or beyond its end.`,

    // The guide.
    /** @param {number} at @param {number} of @param {string} name */
    step: (at, of, name) => `Step ${at} of ${of}: ${name}`,
    next: "Next step",
    skip: "No P wave",
    guideHint: "Tap or click in the picture, or place it by key and press Enter for the next step.",
    hint: "Drag over the trace, or place one and move its handles: by finger, mouse, or arrow keys.",
    noTool: "Choose what to measure.",

    keys: Object.freeze({
        samples: "On the handle of a caliper: by one sample",
        height: "On the handle of a height: by 0.01 mV, off the sample's value",
        far: "With an arrow: ten times as far",
        next: "On a handle: the next step of the guide",
        remove: "On a handle: remove the caliper",
        leave: "Put the tool away; again: close the panel",
    }),

    // The panel's table.
    outOfSight: "out of sight",
    /** @param {number} number */
    show: (number) => `Show caliper ${number} in the picture`,
    showWord: "Show",
    /** @param {number} number */
    remove: (number) => `Remove caliper ${number}`,
    copied: "Copied",
    byHand: "This browser does not let a page copy: the text is selected below, copy it by hand.",

    // What is copied.
    /** @param {string} record */
    title: (record) => `Measured in record ${record}`,
    /** @param {string} patient */
    patient: (patient) => `Patient: ${patient}`,
    /** @param {string} time */
    at: (time) => `Recorded: ${time}`,
    /** @param {string} label */
    filter: (label) => `Filter: ${label}`,
    /** @param {number} times @param {string} lead */
    drawn: (times, lead) => {
        const size = Math.abs(times);
        const how = [...(times < 0 ? ["turned over"] : []), ...(size === 1 ? [] : [`at ${size} times its size`])];
        return `Drawn ${how.join(" and ")}; the values here are not, but have lead ${lead}'s own polarity and size, as in the record`;
    },
    /** @param {string} lead @param {string} fs @param {string} sample */
    lead: (lead, fs, sample) => `lead ${lead}, ${fs} Hz (one sample is ${sample} ms)`,
    /** @param {string} from @param {string} to */
    fromTo: (from, to) => `${from} to ${to}`,
    /** @param {number} from @param {number} to */
    samples: (from, to) => `samples ${from} to ${to}`,
    /** @param {string} reason */
    notMeasured: (reason) => `not measured: ${reason}`,
    /** @param {string} bpm @param {string} ms */
    bpmFormula: (bpm, ms) => `${bpm} bpm = 60,000 / ${ms}`,
    /** @param {string} name @param {string} qtc in ms @param {string} formula @param {string} qt in ms @param {string} rr in ms */
    qtcBy: (name, qtc, formula, qt, rr) => `QTc ${name} ${qtc} ms = ${formula}, QT ${qt} ms, RR ${rr} ms`,
    marched: "laid end to end both ways",
    notForDiagnosis: "Not for diagnosis. ecgstream is not a medical device.",
});
