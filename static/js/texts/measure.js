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
    range: "out of range",
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

export const MEASURE = Object.freeze({
    overlay: "Calipers on the picture",
    ends: Object.freeze(["start", "end"]),
    levels: Object.freeze(["first level", "second level"]),
    /** @param {number} number @param {string} what */
    handle: (number, what) => `Caliper ${number}, ${what}`,
    /** @param {string} lead @param {string} place @param {string | null} mv @param {string} result */
    handleSays: (lead, place, mv, result) => `lead ${lead}, ${place}${mv === null ? "" : `, ${mv}`}; ${result}`,
    ms: /** @param {string} n */ (n) => `${n} ms`,
    bpm: /** @param {string} n */ (n) => `${n} bpm`,
    mv: /** @param {string} n */ (n) => `${n} mV`,
    marching: /** @param {number} count */ (count) => `${count} more in sight`,
    none: "nothing to measure",
    sliderRole: "caliper handle",

    // Refusals and remarks.
    zoomIn: "Envelopes are drawn here, not samples: zoom in to measure.",
    stop: "The picture moves: pause it to measure.",
    noLead: "Put it on the trace of a lead.",
    noScale: /** @param {string} lead */ (lead) => `Lead ${lead} has no mV scale: only times can be measured in it.`,
    sameLead: /** @param {string} lead */ (lead) => `The guide measures lead ${lead}: set this mark there.`,
    enough: /** @param {number} most */ (most) => `${most} calipers are the most: remove one first.`,
    removed: /** @param {number} number */ (number) => `Caliper ${number} removed`,
    removedAll: "All calipers removed",
    result: /** @param {number} number @param {string} lead @param {string} result */ (number, lead, result) =>
        `Caliper ${number}, lead ${lead}: ${result}`,
    unread: /** @param {number} count */ (count) =>
        count === 1 ? "One caliper of the link could not be read." : `${count} calipers of the link could not be read.`,

    // The guide.
    step: /** @param {number} at @param {number} of @param {string} name */ (at, of, name) => `Step ${at} of ${of}: ${name}`,
    guideDone: "All marks are set. Drag one to correct it, or choose the tool again for another beat.",
    guideHint: "Tap or click in the picture, or place it by key and press Enter for the next step.",
    hint: "Drag over the trace, or place one and move its handles: by finger, mouse, or arrow keys.",
    noTool: "Choose what to measure.",

    // The panel's table.
    outOfSight: "out of sight",
    show: /** @param {number} number */ (number) => `Show caliper ${number} in the picture`,
    showWord: "Show",
    remove: /** @param {number} number */ (number) => `Remove caliper ${number}`,
    empty: "Nothing measured yet.",
    copied: "Copied",
    byHand: "This browser does not let a page copy: the text is selected below, copy it by hand.",

    // What is copied.
    title: /** @param {string} record */ (record) => `Measured in record ${record}`,
    patient: /** @param {string} patient */ (patient) => `Patient: ${patient}`,
    at: /** @param {string} time */ (time) => `Recorded: ${time}`,
    filter: /** @param {string} label */ (label) => `Filter: ${label}`,
    lead: /** @param {string} lead @param {string} fs @param {string} sample */ (lead, fs, sample) =>
        `lead ${lead}, ${fs} Hz (one sample is ${sample} ms)`,
    fromTo: /** @param {string} from @param {string} to */ (from, to) => `${from} to ${to}`,
    samples: /** @param {number} from @param {number} to */ (from, to) => `samples ${from} to ${to}`,
    notMeasured: /** @param {string} reason */ (reason) => `not measured: ${reason}`,
    bpmFormula: /** @param {string} bpm @param {string} ms */ (bpm, ms) => `${bpm} bpm = 60,000 / ${ms}`,
    marched: "laid end to end both ways",
    notForDiagnosis: "Not for diagnosis. ecgstream is not a medical device.",
});
