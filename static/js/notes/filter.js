// Which annotations a list shows, which comes next, and what kinds of symbols there are. Pure.

import { isOf } from "../signal/marks.js";
import { SYMBOLS } from "../texts/annotations.js";

/** @typedef {import("./note.js").Note} Note */
/** `text`: words that all have to be found; `lead` null = of any. @typedef {{ text: string, kind: import("../signal/marks.js").Filter, lead: string | null }} Wanted */

/** @type {Wanted} */
export const EVERYTHING = Object.freeze({ text: "", kind: "all", lead: null });

/** What of a note words are looked for in. @param {Note} note */
const wordsOf = ({ symbol, aux_note, tags, author, set, lead }) =>
    [symbol, SYMBOLS[symbol] ?? "", aux_note, ...tags, author, set, lead ?? ""].join("\n").toLowerCase();

/**
 * Return those that are wanted, in their order. A note without a lead is of each.
 * @template {Note} N
 * @param {readonly N[]} notes
 * @param {Wanted} wanted
 * @returns {N[]}
 */
export function filtered(notes, { text, kind, lead }) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return notes.filter(
        (note) =>
            isOf(kind, note.symbol, note.aux_note) &&
            (lead === null || note.lead === null || note.lead === lead) &&
            (!words.length || words.every((word) => wordsOf(note).includes(word))),
    );
}

/**
 * Return the nearest one behind or before another one, or a sample; null where there is none.
 * @template {Note} N
 * @param {readonly N[]} notes sorted by sample
 * @param {{ id: string | null, sample: number }} from
 * @param {1 | -1} way 1 = later
 * @returns {N | null}
 */
export function neighbour(notes, { id, sample }, way) {
    const at = notes.findIndex((note) => note.id === id);
    // Several may be at one sample: those beside the one chosen come first.
    if (at >= 0) return notes[at + way] ?? null;
    return (way > 0 ? notes.find((note) => note.sample > sample) : notes.findLast((note) => note.sample < sample)) ?? null;
}

/**
 * Return the part of a list that is shown, with the place of `sample` in it: a record may have 100,000.
 * @template {Note} N
 * @param {readonly N[]} notes sorted by sample
 * @param {number} size
 * @param {number} page counted from the first
 * @returns {{ rows: readonly N[], page: number, pages: number }}
 */
export function paged(notes, size, page) {
    const pages = Math.max(1, Math.ceil(notes.length / size));
    const at = Math.min(pages - 1, Math.max(0, page));
    return { rows: notes.slice(at * size, (at + 1) * size), page: at, pages };
}

/**
 * Return the page on which a place is.
 * @param {readonly Note[]} notes sorted by sample
 * @param {number} size
 * @param {number} sample
 */
export function pageOf(notes, size, sample) {
    const before = notes.findIndex((note) => note.sample >= sample);
    return Math.floor((before < 0 ? Math.max(0, notes.length - 1) : before) / size);
}

/**
 * Return the tags that a text says: words between commas, each once.
 * @param {string} text
 */
export const tagsOf = (text) => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];
