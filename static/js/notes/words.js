// What is said of an annotation: what it is, where, and by whom. Pure.

import { placeWords } from "../measure/words.js";
import { markWords, SYMBOLS } from "../texts/annotations.js";
import { NOTES } from "../texts/notes.js";
import { spanWords } from "../ui/words.js";

/** @typedef {import("./note.js").Note} Note */
/** @typedef {import("./note.js").Field} Field */
/** @typedef {import("./note.js").Fields} Fields */
/** @typedef {import("./book.js").Shown} Shown */
/** @typedef {import("./book.js").Conflict} Conflict */

/** @param {Pick<Note, "sample" | "stop" | "lead">} note @param {number} fs */
export function whereWords({ sample, stop, lead }, fs) {
    const of = lead === null ? NOTES.ofAll : NOTES.lead(lead);
    const place = placeWords(sample, fs);
    return stop === null ? NOTES.point(place, of) : NOTES.interval(place, spanWords((stop - sample) / fs), of);
}

/** @param {Pick<Note, "symbol" | "aux_note">} note */
export const whatWords = ({ symbol, aux_note }) => markWords({ symbol, note: aux_note });

/** What it is and where. @param {Note} note @param {number} fs */
export const noteWords = (note, fs) => NOTES.said(whatWords(note), whereWords(note, fs));

/** A moment of the server's clock, with its zone. @param {number | null} time seconds since 1970 */
export function momentWords(time) {
    const date = new Date((time ?? NaN) * 1000);
    if (Number.isNaN(date.getTime())) return "";
    return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Who made it and who changed it last. @param {Note} note */
export function byWords({ author, time, editor, edited, version }) {
    if (version <= 1) return NOTES.by(author, momentWords(time), version);
    return editor === author ? NOTES.by(author, momentWords(edited), version) : NOTES.byTwo(author, momentWords(time), editor, momentWords(edited), version);
}

/** A value of a field. @param {Field} field @param {Fields[Field]} value @param {number} fs */
export function valueWords(field, value, fs) {
    if (field === "lead") return value === null ? NOTES.ofAll : String(value);
    if (value === null || value === "" || (Array.isArray(value) && !value.length)) return NOTES.none;
    if (field === "sample" || field === "stop") return placeWords(Number(value), fs);
    if (field === "symbol") return NOTES.symbol(String(value), SYMBOLS[String(value)] ?? "").trim();
    return Array.isArray(value) ? value.join(", ") : String(value);
}

/** What somebody else changed, line by line. @param {Pick<Conflict, "differences">} conflict @param {number} fs @returns {string[]} */
export const clashWords = ({ differences }, fs) =>
    differences.map(({ field, from, to }) => {
        if (field === "deleted") return to ? NOTES.theirDeletion : NOTES.theirReturn;
        return NOTES.difference(field, valueWords(field, from, fs), valueWords(field, to, fs));
    });

/** What one's own change was. @param {Conflict} conflict @param {number} fs */
export function mineWords({ mine }, fs) {
    const said = /** @type {Field[]} */ (Object.keys(mine)).map((field) => {
        const value = /** @type {Fields[Field]} */ (mine[field]);
        if (field === "deleted") return value ? NOTES.myDeletion : NOTES.theirReturn;
        return NOTES.mineIs(field, valueWords(field, value, fs));
    });
    return NOTES.mine(said.join(", "));
}
