// An annotation that people write: what it says, and in what two of them differ. Pure.

import { BadMessage, isIndex } from "../wire/frames.js";

/**
 * What a person may change. `sample` and `stop` (null = a point) count at the rate of the record, half open;
 * `lead` null = all leads. `symbol`, `subtype`, `num` and `aux_note` are WFDB's.
 * @typedef {{
 *   sample: number, stop: number | null, lead: string | null, symbol: string, subtype: number, num: number,
 *   aux_note: string, tags: readonly string[], deleted: boolean,
 * }} Fields
 * One as it is kept. `version` counts its changes, 0 = not kept yet. `author` made it at `time`, `editor` changed it last, at
 * `edited`: seconds since 1970. `otherSamples`: it was made when the record had other samples.
 * @typedef {Fields & {
 *   id: string, set: string, author: string, time: number | null, editor: string, edited: number | null,
 *   version: number, otherSamples: boolean,
 * }} Note
 * @typedef {keyof Fields} Field
 * A field that differs. @typedef {{ field: Field, from: Fields[Field], to: Fields[Field] }} Difference
 */

/** In the order in which a person is told of them. @type {readonly Field[]} */
export const FIELDS = Object.freeze([
    "deleted", "symbol", "sample", "stop", "lead", "aux_note", "tags", "subtype", "num",
]);

/** What a comment is, and what is made where nobody chose a symbol (WFDB). */
export const COMMENT = '"';

/** @type {Fields} */
export const BLANK = Object.freeze({
    sample: 0, stop: null, lead: null, symbol: COMMENT, subtype: 0, num: 0, aux_note: "", tags: Object.freeze([]), deleted: false,
});

/** @param {Fields[Field]} one @param {Fields[Field]} other */
const alike = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Whether a note says all of `fields`.
 * @param {Fields} note
 * @param {Partial<Fields>} fields
 */
export const says = (note, fields) =>
    FIELDS.every((field) => fields[field] === undefined || alike(note[field], fields[field]));

/**
 * Return of `fields` what differs from a note.
 * @param {Fields} note
 * @param {Partial<Fields>} fields
 * @returns {Partial<Fields>}
 */
export const changed = (note, fields) =>
    Object.fromEntries(FIELDS.filter((field) => !says(note, { [field]: fields[field] })).map((field) => [field, fields[field]]));

/**
 * Return of a note the fields that `like` has.
 * @param {Fields} note
 * @param {Partial<Fields>} like
 * @returns {Partial<Fields>}
 */
export const partOf = (note, like) =>
    Object.fromEntries(FIELDS.filter((field) => like[field] !== undefined).map((field) => [field, note[field]]));

/**
 * Return in what the later of two states of a note differs.
 * @param {Fields} before
 * @param {Fields} after
 * @returns {Difference[]}
 */
export const differences = (before, after) =>
    FIELDS.filter((field) => !alike(before[field], after[field])).map((field) => ({ field, from: before[field], to: after[field] }));

/**
 * Return an annotation as a server tells it.
 * @param {unknown} body
 * @param {string} [set] of which it is, where it does not say so itself
 * @returns {Note}
 */
export function readNote(body, set) {
    const said = /** @type {Record<string, unknown>} */ (body ?? {});
    const { id, sample, stop = null, lead = null, symbol, version } = said;
    const name = said["set"] ?? set;
    if (typeof id !== "string" || typeof name !== "string") throw new BadMessage("an annotation without id or set");
    if (!isIndex(sample) || !(stop === null || isIndex(stop))) throw new BadMessage("an annotation at no sample");
    if (typeof symbol !== "string" || !isIndex(version)) throw new BadMessage("an annotation without symbol or version");
    const { tags = [], time = null, author = "" } = said;
    const { changed_by: editor = author, changed: edited = time } = said;
    return {
        id, set: name, sample, stop, lead: lead === null ? null : String(lead), symbol, version,
        subtype: Number(said["subtype"] ?? 0), num: Number(said["num"] ?? 0), aux_note: String(said["aux_note"] ?? ""),
        tags: Array.isArray(tags) ? tags.map(String) : [],
        deleted: said["deleted"] === true, author: String(author), editor: String(editor),
        time: typeof time === "number" ? time : null, edited: typeof edited === "number" ? edited : null,
        otherSamples: said["other_samples"] === true,
    };
}

/**
 * Return a new id: a random UUID (RFC 9562, version 4). A page without TLS has no `randomUUID`.
 * @param {Uint8Array} bytes 16 random ones
 */
export function idOf(bytes) {
    const hex = Array.from(bytes, (byte, i) =>
        (i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, "0"),
    ).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
