// The envelope of a record from afar: its outline, and the tiles of its pyramid (docs/tiles.md).

import { decode } from "../../vendor/msgpack/index.mjs";
import { readLeads } from "../wire/events.js";
import { BadMessage, decodeSamples, isDtype, isIndex } from "../wire/frames.js";
import { get, names, pathOf } from "./api.js";

/** @typedef {import("../wire/events.js").LeadInfo} LeadInfo */
/** @typedef {Record<string, unknown>} Fields */

/**
 * Leads stored in the same pieces: piece k is samples [edges[k], edges[k + 1]). `low[i][k]` and `high[i][k]` are
 * the extremes of lead i there as stored, NaN = nothing there, or not known: then `known[i][k]` is 0.
 * @typedef {{
 *   leads: string[], edges: number[], low: Float64Array[], high: Float64Array[], known: Uint8Array[],
 * }} OutlineGroup
 */
/**
 * `built`: whether tiles of all levels are there.
 * @typedef {{
 *   record: string, version: string, built: boolean, fs: number, length: number, leads: LeadInfo[],
 *   groups: OutlineGroup[],
 * }} Outline
 */
/**
 * Column k of a tile is samples [start + k * width, start + (k + 1) * width), the last one to `stop`; `low[i][k]`
 * and `high[i][k]` are the extremes of lead i there as stored, NaN = nothing there. `corrupt` has by lead the runs
 * that could not be read.
 * @typedef {{
 *   record: string, version: string, fs: number, level: number, n: number, start: number, stop: number,
 *   leads: LeadInfo[], low: Float64Array[], high: Float64Array[], corrupt: Record<string, [number, number][]>,
 * }} Tile
 */

/** Columns of a tile. */
export const TILE_COLUMNS = 1024;

/** Samples of a column. @param {number} level */
export const columnWidth = (level) => 4 ** level;

/** The coarsest level of a record, which is one tile; the finest is 1. @param {number} length samples */
export function topLevel(length) {
    let level = 1;
    while (Math.ceil(length / columnWidth(level)) > TILE_COLUMNS) level++;
    return level;
}

/**
 * Return the extremes of each stored piece, from the files' footers: no sample is read for it. Has the pyramid
 * made where it is not there.
 * @param {{ record: string, leads: string[], signal?: AbortSignal }} wish
 * @returns {Promise<Outline>}
 */
export async function fetchOutline({ record, leads, signal }) {
    return readOutline(await fetched(`${pathOf(record)}/outline?${names(leads)}`, signal));
}

/**
 * Return a tile. Raises RequestFailed: 404 where the record is of another version by now, 503 with `retryAfterS`
 * while the pyramid is being made.
 * @param {{
 *   record: string, version: string, leads: string[], level: number, n: number, signal?: AbortSignal,
 * }} wish
 * @returns {Promise<Tile>}
 */
export async function fetchTile({ record, version, leads, level, n, signal }) {
    // A comma between two names stays one, so that one in a name can be told from it.
    const joined = leads.map((name) => encodeURIComponent(name)).join(",");
    const path = `${pathOf(record)}/tiles/${encodeURIComponent(version)}/${joined}/${level}/${n}`;
    return readTile(await fetched(path, signal));
}

/** @param {string} path @param {AbortSignal | undefined} signal */
async function fetched(path, signal) {
    const response = await get(path, "application/msgpack", signal);
    return decode(new Uint8Array(await response.arrayBuffer()));
}

/**
 * @param {unknown} body
 * @returns {Outline}
 */
export function readOutline(body) {
    const { record, version, built, fs, length, dtype, leads, groups } = fieldsOf(body, "outline");
    if (
        typeof record !== "string" || typeof version !== "string" || typeof built !== "boolean" ||
        typeof fs !== "number" || !isIndex(length) || !isDtype(dtype) || !Array.isArray(groups)
    ) {
        throw new BadMessage("not an outline");
    }
    const read = groups.map((group) => readGroup(group, dtype));
    return { record, version, built, fs, length, leads: readLeads(leads), groups: read };
}

/**
 * @param {unknown} body
 * @param {import("../wire/frames.js").Dtype} dtype
 * @returns {OutlineGroup}
 */
function readGroup(body, dtype) {
    const { leads, edges, low, high, known } = fieldsOf(body, "group of an outline");
    if (
        !Array.isArray(leads) || !leads.length || !leads.every((name) => typeof name === "string") ||
        !Array.isArray(edges) || !edges.length || !edges.every(isIndex) ||
        !(known instanceof Uint8Array) || known.length !== leads.length * (edges.length - 1)
    ) {
        throw new BadMessage("not a group of an outline");
    }
    const pieces = edges.length - 1;
    return {
        leads,
        edges,
        low: readBin(low, dtype, leads.length, pieces),
        high: readBin(high, dtype, leads.length, pieces),
        known: leads.map((_, lead) => known.slice(lead * pieces, (lead + 1) * pieces)),
    };
}

/**
 * @param {unknown} body
 * @returns {Tile}
 */
export function readTile(body) {
    const fields = fieldsOf(body, "tile");
    const { record, version, fs, level, n, start, stop, dtype, corrupt } = fields;
    if (
        typeof record !== "string" || typeof version !== "string" || typeof fs !== "number" || !isIndex(level) ||
        !isIndex(n) || !isIndex(start) || !isIndex(stop) || stop < start || !isDtype(dtype)
    ) {
        throw new BadMessage("not a tile");
    }
    const leads = readLeads(fields["leads"]);
    const columns = Math.ceil((stop - start) / columnWidth(level));
    return {
        record, version, fs, level, n, start, stop, leads,
        low: readBin(fields["low"], dtype, leads.length, columns),
        high: readBin(fields["high"], dtype, leads.length, columns),
        corrupt: /** @type {Tile["corrupt"]} */ (corrupt ?? {}),
    };
}

/**
 * @param {unknown} bytes
 * @param {import("../wire/frames.js").Dtype} dtype
 * @param {number} leads how many
 * @param {number} count values of each
 */
function readBin(bytes, dtype, leads, count) {
    if (!(bytes instanceof Uint8Array)) throw new BadMessage("extremes that are no bytes");
    const values = decodeSamples(bytes, dtype, leads);
    if (values[0].length !== count) throw new BadMessage("extremes of another number of columns");
    return values;
}

/** @param {unknown} body @param {string} what @returns {Fields} */
function fieldsOf(body, what) {
    if (typeof body !== "object" || body === null) throw new BadMessage(`not a ${what}`);
    return /** @type {Fields} */ (body);
}
