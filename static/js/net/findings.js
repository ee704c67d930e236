// What is known of a whole record beside its samples: its outline, its annotations, its quality.

import { decode } from "../../vendor/msgpack/index.mjs";
import { BadMessage, decodeSamples, isDtype, isIndex } from "../wire/frames.js";
import { get, names, pathOf } from "./api.js";

/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */
/** @typedef {import("../look/envelope.js").Envelope} Envelope */
/** A stretch of a lead, in its own samples. @typedef {{ start: number, stop: number, kind: string, detail: string }} Finding */
/** @typedef {{ fs: number, findings: Finding[] }} LeadFindings */
/** @typedef {import("../signal/checked.js").Checks} Checks */

/**
 * Return lowest and highest of `columns` equal parts of a lead, or of its samples [start, stop).
 * @param {{
 *   record: string, lead: string, columns: number, start?: number, stop?: number, signal?: AbortSignal,
 * }} wish
 * @returns {Promise<Envelope>}
 */
export async function fetchEnvelope({ record, lead, columns, start, stop, signal }) {
    const span = start === undefined || stop === undefined ? "" : `&start=${start}&stop=${stop}`;
    const query = `${names([lead])}${span}&columns=${columns}`;
    const response = await get(`${pathOf(record)}/envelope?${query}`, "application/msgpack", signal);
    return readEnvelope(decode(new Uint8Array(await response.arrayBuffer())));
}

/**
 * @param {unknown} body of one lead
 * @returns {Envelope}
 */
export function readEnvelope(body) {
    const { start, stop, columns, dtype, low, high } = /** @type {Record<string, unknown>} */ (body ?? {});
    if (!isIndex(start) || !isIndex(stop) || !isIndex(columns) || !isDtype(dtype) || !(low instanceof Uint8Array) || !(high instanceof Uint8Array)) {
        throw new BadMessage("not an envelope");
    }
    const edges = Array.from({ length: columns + 1 }, (_, k) => start + Math.floor((k * (stop - start)) / columns));
    const [[lowest], [highest]] = [low, high].map((bin) => decodeSamples(bin, dtype, 1));
    if (lowest.length !== columns || highest.length !== columns) throw new BadMessage("an envelope of another width");
    return { edges, low: lowest, high: highest };
}

/** Whether a set is of beats that the server found itself: it classifies none, and has a layer of its own. @param {string} name */
const isFound = (name) => name.startsWith("beats ");

/**
 * Return the annotations of a record: all, or those of samples [start, stop) at the record's rate; but for
 * the beats that the server found.
 * @param {{ record: string, within?: { start: number, stop: number }, signal?: AbortSignal }} wish
 * @returns {Promise<MarkSet[]>}
 */
export async function fetchAnnotations({ record, within, signal }) {
    const query = within ? `?start=${within.start}&stop=${within.stop}` : "";
    const response = await get(`${pathOf(record)}/annotations${query}`, "application/msgpack", signal);
    const sets = readAnnotations(decode(new Uint8Array(await response.arrayBuffer())));
    return sets.filter(({ name }) => !isFound(name));
}

/**
 * @param {any} body
 * @returns {MarkSet[]}
 */
export function readAnnotations(body) {
    const { sets, leads } = body ?? {};
    if (!Array.isArray(sets) || !Array.isArray(leads)) throw new BadMessage("not annotations");
    return sets.map((set) => {
        const sample = column(set.sample, set.sample_dtype);
        const size = sample.length;
        return {
            name: String(set.name),
            sample: Float64Array.from(sample),
            symbol: filled(set.symbol, size),
            note: filled(set.aux_note, size),
            chan: filled(set.chan, size),
            symbols: set.symbols.map(String),
            notes: set.aux_notes.map(String),
            leads: leads.map(String),
            readOnly: set.read_only !== false,
            source: typeof set.source === "string" ? set.source : null,
            ...(set.score instanceof Uint8Array ? ofModel(set, size) : {}),
        };
    });
}

/**
 * What only the marks of a model have.
 * @param {any} set
 * @param {number} size
 */
function ofModel(set, size) {
    const stop = Float64Array.from(column(set.stop, set.sample_dtype), (at) => (at < 0 ? NaN : at));
    const score = Float64Array.from(column(set.score, "f8"));
    const lead = filled(set.lead, size);
    if (stop.length !== size || score.length !== size) throw new BadMessage("annotations of two lengths");
    return { stop, score, lead, own: /** @type {string[]} */ (set.leads).map(String) };
}

/** @param {unknown} bytes @param {unknown} dtype @returns {Int32Array | Float64Array} */
function column(bytes, dtype) {
    if (!(bytes instanceof Uint8Array)) throw new BadMessage("annotations without samples");
    // Copied, not viewed: it may begin on any byte.
    const { buffer } = bytes.slice();
    return dtype === "f8" ? new Float64Array(buffer) : new Int32Array(buffer);
}

/** @param {unknown} said a column, or what all its rows have @param {number} size */
function filled(said, size) {
    if (typeof said === "number") return new Int32Array(size).fill(said);
    const found = column(said, "i4");
    if (found.length !== size || !(found instanceof Int32Array)) throw new BadMessage("annotations of two lengths");
    return found;
}

/**
 * Return what was found in each of the leads, and the verdict on the record: null = nobody has looked it over. With
 * `look` that is done now.
 * @param {{ record: string, leads: string[], look?: boolean, signal?: AbortSignal }} wish
 * @returns {Promise<{ leads: Record<string, LeadFindings>, checks: Checks | null }>}
 */
export async function fetchQuality({ record, leads, look = false, signal }) {
    const query = `${names(leads)}${look ? "&checks=1" : ""}`;
    const response = await get(`${pathOf(record)}/quality?${query}`, "application/json", signal);
    const { leads: found, checks = null } = /** @type {{ leads?: Record<string, LeadFindings>, checks?: Checks }} */ (await response.json());
    if (!found) throw new BadMessage("not findings");
    return { leads: found, checks };
}
