// What is said of annotations that people write, in English.

import { LANGUAGE } from "./units.js";

/** @typedef {import("../notes/note.js").Field} Field */

/** @param {number} count @param {string} one @param {string} more */
const counted = (count, one, more) => `${count.toLocaleString(LANGUAGE)} ${count === 1 ? one : more}`;

/** Names of what may differ. @type {Readonly<Record<Field, string>>} */
const NAMES = Object.freeze({
    deleted: "deleted", symbol: "symbol", sample: "sample", stop: "end", lead: "lead", aux_note: "text", tags: "tags",
    subtype: "subtype", num: "number",
});

export const NOTES = Object.freeze({

    // The palette and its groups.
    groups: Object.freeze({ beats: "Beats", rhythm: "Rhythm and ventricular flutter", waves: "Waves", other: "Other" }),
    /** @param {string} symbol @param {string} name */
    symbol: (symbol, name) => `${symbol}  ${name}`,
    /** @param {string} symbol @param {string} name */
    symbolTitle: (symbol, name) => `${name} (key ${symbol})`,

    // Leads.
    pointed: "Lead pointed at",
    all: "All leads",
    allShort: "all",
    anyLead: "Any lead",

    // Where and what.
    /** @param {string} place @param {string} lead */
    point: (place, lead) => `${place}, ${lead}`,
    /** @param {string} from @param {string} span @param {string} lead */
    interval: (from, span, lead) => `${from} for ${span}, ${lead}`,
    /** @param {string} name */
    lead: (name) => `lead ${name}`,
    ofAll: "all leads",
    /** @param {string} what @param {string} where */
    said: (what, where) => `${what}, ${where}`,

    // Hints.
    hintPoint: "Click or tap in the picture, or press Enter. A key that is a symbol chooses it.",
    hintPointPlaying: "Click or tap what passes, or press Enter for the newest sample. A key that is a symbol chooses it.",
    hintInterval: "Drag over the picture, or click where it begins and where it ends; or press Enter.",
    hintIntervalPlaying: "Drag over the picture, or press Enter where it begins and again where it ends.",
    hintNone: "Click an annotation to choose it. Choose Point or Interval to make one.",
    /** @param {string} place */
    hintEnd: (place) => `Begun at ${place}: click, or press Enter, where it ends. Escape gives it up.`,
    /** @param {string} span */
    coarse: (span) => `A pixel is ${span} here: zoom in for an exact place.`,

    // How it stands.
    /** @param {string} author @param {string} when @param {number} version */
    by: (author, when, version) => `${author}, ${when}${version > 1 ? `, version ${version}` : ""}`,
    /** @param {string} author @param {string} when @param {string} editor @param {string} edited @param {number} version */
    byTwo: (author, when, editor, edited, version) => `${author}, ${when}; changed by ${editor}, ${edited}, version ${version}`,
    set: (/** @type {string} */ name) => `set ${name}`,
    saving: "being saved",
    unsavedShort: "not saved yet",
    away: "not saved yet: the server does not answer, it is tried again",
    otherSamples: "made on other samples than the record has now",
    clashed: "not saved: somebody else changed it",
    /** @param {number} count */
    unsaved: (count) => counted(count, "change is not saved yet", "changes are not saved yet"),
    made: (/** @type {string} */ what) => `Made: ${what}`,
    changed: (/** @type {string} */ what) => `Changed: ${what}`,
    deleted: (/** @type {string} */ what) => `Deleted: ${what}`,
    /** @param {string} what */
    undone: (what) => `Undone: ${what}`,
    /** @param {string} what */
    redone: (what) => `Done again: ${what}`,
    nothingToUndo: "Nothing to undo",
    nothingToRedo: "Nothing to do again",
    /** @param {string} by */
    changedSince: (by) => `Not undone: ${by || "somebody else"} changed this annotation since.`,
    goneSince: "Not undone: this annotation is no longer there.",
    /** @param {string} why */
    refused: (why) => `Not saved, and taken back: ${why}`,
    /** @param {string} why */
    notYet: (why) => `Not saved yet, it is tried again: ${why}`,
    login: "Your session ended. Log in in another tab: what you wrote is kept here until then, and saved.",
    tooLong: "Not saved: WFDB has room for 255 bytes of text, which is fewer letters where they are not plain ones.",
    badPlace: "Not a sample of this record, or not in order: it begins before it ends.",

    // Somebody else changed it.
    /** @param {string} by */
    conflict: (by) => `${by || "Somebody else"} changed this annotation first:`,
    /** @param {Field} field @param {string} from @param {string} to */
    difference: (field, from, to) => `${NAMES[field]}: ${from} \u2192 ${to}`,
    theirDeletion: "it was deleted",
    theirReturn: "it was brought back",
    /** @param {string} what */
    mine: (what) => `Yours was not taken: ${what}`,
    myDeletion: "delete it",
    /** @param {Field} field @param {string} to */
    mineIs: (field, to) => `${NAMES[field]} ${to}`,
    none: "none",
    conflictNotice: "Somebody else changed this annotation first: your change was not taken.",

    // The list.
    empty: "Nobody annotated this record yet.",
    noneFound: "No annotation fits.",
    /** @param {number} found @param {number} of */
    count: (found, of) => (found === of ? of.toLocaleString(LANGUAGE) : `${found.toLocaleString(LANGUAGE)} of ${of.toLocaleString(LANGUAGE)}`),
    /** @param {number} page @param {number} pages */
    page: (page, pages) => `Page ${page} of ${pages}`,
    /** @param {string} what */
    choose: (what) => `Show ${what}`,
    gone: "The annotation of the link is not there: it was deleted, or never was of this record.",
    noneAfter: "No annotation after this",
    noneBefore: "No annotation before this",

    // Handles in the picture.
    overlay: "The annotation chosen",
    handle: "Place of the annotation",
    handleStart: "Begin of the annotation",
    handleStop: "End of the annotation",

    // Layers.
    editable: "written here",

    // History.
    history: "Versions",
    hideHistory: "Hide versions",
    /** @param {number} version @param {string} who @param {string} when */
    version: (version, who, when) => `${version}: ${who}, ${when}`,
    versionMade: "made",

    // Files.
    /** @param {number} count @param {string} set */
    imported: (count, set) => `${counted(count, "annotation", "annotations")} read into set ${set}`,
    /** @param {string} why */
    notImported: (why) => `Nothing was read: ${why}`,
    reading: "Reading the file",
    noFormat: "What kind of file this is cannot be told by its name: .parquet, .csv, .json, or the annotator's name of a WFDB file (100.atr).",
    formats: Object.freeze({ wfdb: "WFDB annotations", parquet: "Parquet", csv: "CSV", json: "JSON" }),
    badSet: "A set has a name of letters, digits, . _ - and no more than 64 of them.",
});
