// The page of the records.

/** @type {Readonly<Record<"record" | "patient" | "lead" | "gap", readonly [string, string]>>} one, and more */
const nouns = {
    record: ["record", "records"],
    patient: ["patient", "patients"],
    lead: ["lead", "leads"],
    gap: ["gap", "gaps"],
};

/** What the list can be narrowed down to. */
export const FILTERS = Object.freeze({
    leads: "Leads",
    withLeads: (/** @type {string} */ names) => `Leads: ${names}`,
    clear: "Clear filters",
    any: {
        fs: "Any rate", span: "Any length", dataset: "Any data set", annotated: "Annotated or not", quality: "Any quality",
    },
    /** @type {Readonly<Record<string, string>>} */
    spans: {
        "under-30s": "to 30 s", "30s-10min": "30 s to 10 min", "10min-2h": "10 min to 2 h", "over-2h": "2 h and longer",
        "over-24h": "24 h and longer",
    },
    annotated: "with annotations",
    notAnnotated: "without annotations",
    /** @type {Readonly<Record<string, string>>} */
    qualities: {
        clean: "checked: nothing found", hint: "checked: hints", warning: "checked: warnings", error: "checked: errors",
        unknown: "not checked",
    },
    option: (/** @type {string} */ what, /** @type {number} */ count) => `${what} (${count.toLocaleString("en")})`,
    leftOut: (/** @type {number} */ count) => `${count.toLocaleString("en")} ${count === 1 ? "file or folder is" : "files or folders are"} left out, wholly or in part`,
    leftOutMore: "The server's log, and ecgstream check, name the others.",
    nothing: "No record has all that is chosen.",
    indexing: (/** @type {number} */ done, /** @type {number} */ total) =>
        total
            ? `The server is looking over this archive for the first time: ${done.toLocaleString("en")} of `
                + `${total.toLocaleString("en")} files. Not all records are here yet.`
            : "The server is looking over this archive for the first time. Not all records are here yet.",
    moved: (/** @type {string} */ records) => `The archive has changed: ${records} now.`,
});

export const RECORDS = Object.freeze({
    nouns,
    counted: (/** @type {string} */ n, /** @type {string} */ noun) => `${n} ${noun}`,
    total: (/** @type {string} */ records, /** @type {string} */ patients) => `${records} of ${patients}`,
    notKnown: "not known",
    nothing: (/** @type {string} */ query) => `No record, patient, lead or source has “${query}” in it.`,
    again: (/** @type {string} */ trouble, /** @type {string} */ when) => `${trouble} Trying again ${when}.`,
    atOnce: "at once",
    after: (/** @type {string} */ time) => `in ${time}`,
    noAnswer: "The server does not answer.",
    brokenOff: "The server's answer broke off.",
    answered: (/** @type {number} */ status) => `The server answered ${status}.`,

    patient: "Patient",
    continued: (/** @type {string} */ patient) => `Patient ${patient}, continued`,
    length: "Length",
    rate: "Rate",
    start: "Start",
    gaps: "Gaps",
    waiting: "…",
    none: "none",
    notStated: "not stated",
    rateUnknown: "unknown rate",
    open: "Open",
    openThese: (/** @type {string} */ leads) => `Open ${leads}`,
    leadsOf: (/** @type {string} */ record) => `Leads of ${record}`,
    ecgLeads: (/** @type {number} */ count) => `${count} ECG, `,
    alsoLeads: "also",
    noEcg: "no ECG",
    kindUnit: (/** @type {string} */ kind, /** @type {string} */ unit) => `${kind}, ${unit}`,
    howFound: "How it was found",
    sourceNotStated: "Source not stated",
    licenceNotStated: "licence not stated",

    firstSignal: (/** @type {string} */ record, /** @type {string} */ seen) => `First signal of ${record}: ${seen}`,
    seen: (/** @type {string} */ lead, /** @type {string} */ span, /** @type {string} */ from, /** @type {string} */ scale) =>
        `${lead} · ${span} from ${from} · ${scale}`,
    box: (/** @type {number} */ seconds, /** @type {number} */ mv) => `box ${seconds} s × ${mv} mV`,
    rangeIn: (/** @type {string} */ range, /** @type {string | null} */ unit) => `${range} ${unit ?? "units, NOT CALIBRATED"}`,
    noLead: "no lead to show",
    noPreview: (/** @type {string} */ why) => `no preview: ${why}`,
    unreadable: (/** @type {string} */ lead) => `${lead} cannot be read`,
    noSignal: (/** @type {string} */ lead) => `${lead} has no signal at all`,

    percent: (/** @type {string} */ n) => `${n} %`,
    underTenth: "under 0.1 %",
    overMost: "over 99.9 %",
    missing: (/** @type {string} */ percent) => `${percent} missing`,
    cannotBeRead: "cannot be read",
    everyLead: "every lead",
    gapsIn: (/** @type {string} */ gaps, /** @type {string} */ leads, /** @type {string} */ share) => `${gaps} in ${leads} (${share})`,
    unreadableIn: (/** @type {string} */ leads, /** @type {string} */ what) => `${leads}: ${what}`,
    beds: (/** @type {number} */ count) => (count === 1 ? "1 bed" : `${count} beds`),
});
