// What is asked over HTTP: a record, the strip before the playhead, the range of a lead.

import { decode } from "../../vendor/msgpack/index.mjs";
import { reachOf } from "../signal/reach.js";
import { readLeads } from "../wire/events.js";
import { BadMessage, decodeSamples, isDtype, isIndex } from "../wire/frames.js";
import { NET } from "../texts/net.js";

/** @typedef {import("../wire/events.js").LeadInfo} LeadInfo */
/**
 * Samples [start, stop) of leads, missing = NaN. `corrupt`: by lead the runs [start, stop) that are there
 * but cannot be read.
 * @typedef {{
 *   start: number, stop: number, leads: LeadInfo[], values: Float64Array[],
 *   corrupt: Record<string, [start: number, stop: number][]>,
 * }} Window
 */
/** @typedef {import("../signal/reach.js").Range} Range */

/** An answer that is none: `status` is HTTP's, 0 where nothing came; `retryAfterS` null where it does not say. */
export class RequestFailed extends Error {
    /** @param {number} status @param {string} message @param {number | null} [retryAfterS] */
    constructor(status, message, retryAfterS = null) {
        super(message);
        this.status = status;
        this.retryAfterS = retryAfterS;
    }
}

/**
 * @param {string} path
 * @param {string} accept
 * @param {AbortSignal | undefined} signal
 */
export async function get(path, accept, signal) {
    let response;
    try {
        response = await fetch(path, { headers: { Accept: accept }, signal });
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new RequestFailed(0, NET.noAnswer);
    }
    if (!response.ok) {
        const said = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
        const retryAfterS = Number.isNaN(said) ? null : said;
        throw new RequestFailed(response.status, await wordsOf(response), retryAfterS);
    }
    return response;
}

/** @param {Response} response a problem document, or what a proxy made of it */
export async function wordsOf(response) {
    try {
        const problem = /** @type {Record<string, unknown>} */ (await response.json());
        return String(problem["detail"] ?? problem["title"] ?? response.statusText);
    } catch {
        return response.statusText;
    }
}

/** @param {string} record */
export const pathOf = (record) => `/api/v1/records/${encodeURIComponent(record)}`;

/**
 * Return what the catalog says of a record, as JSON.
 * @param {string} record
 * @returns {Promise<unknown>}
 */
export async function fetchRecord(record) {
    return (await get(pathOf(record), "application/json", undefined)).json();
}

/**
 * @param {{ record: string, leads: string[], start: number, stop: number, signal?: AbortSignal }} wish
 * @returns {Promise<Window>}
 */
export async function fetchWindow({ record, leads, start, stop, signal }) {
    const query = `${names(leads)}&start=${start}&stop=${stop}`;
    const response = await get(`${pathOf(record)}/window?${query}`, "application/msgpack", signal);
    return readWindow(decode(new Uint8Array(await response.arrayBuffer())));
}

/**
 * @param {unknown} body
 * @returns {Window}
 */
function readWindow(body) {
    if (typeof body !== "object" || body === null) throw new BadMessage("not a window");
    const { start, stop, dtype, leads, samples, corrupt } = /** @type {Record<string, unknown>} */ (body);
    if (!isIndex(start) || !isIndex(stop) || !isDtype(dtype) || !(samples instanceof Uint8Array)) {
        throw new BadMessage("not a window");
    }
    const infos = readLeads(leads);
    const values = decodeSamples(samples, dtype, infos.length);
    if (values[0].length !== stop - start) throw new BadMessage("a window of another length");
    return { start, stop, leads: infos, values, corrupt: /** @type {Window["corrupt"]} */ (corrupt ?? {}) };
}

/** Of a whole record, by which its range is told: an infinite sample spoils an end of one at most. */
const RANGE_COLUMNS = 240;

/**
 * Return the lowest and highest finite value of each lead over the whole record, null where it has none.
 * @param {{ record: string, leads: string[], signal?: AbortSignal }} wish
 * @returns {Promise<Map<string, Range | null>>}
 */
export async function fetchRanges({ record, leads, signal }) {
    const query = `${names(leads)}&columns=${RANGE_COLUMNS}`;
    // JSON has no infinity: one such sample would cost the range of all leads.
    const response = await get(`${pathOf(record)}/envelope?${query}`, "application/msgpack", signal);
    return readRanges(decode(new Uint8Array(await response.arrayBuffer())), leads);
}

/**
 * @param {unknown} body
 * @param {string[]} leads
 * @returns {Map<string, Range | null>}
 */
export function readRanges(body, leads) {
    const { dtype, low, high } = /** @type {Record<string, unknown>} */ (body ?? {});
    if (!isDtype(dtype) || !(low instanceof Uint8Array) || !(high instanceof Uint8Array)) throw new BadMessage("not an envelope");
    const [lows, highs] = [low, high].map((bin) => decodeSamples(bin, dtype, leads.length));
    return new Map(leads.map((name, k) => [name, reachOf({ low: lows[k], high: highs[k] })]));
}

/** Each by itself: a name may hold a comma. @param {string[]} leads */
export const names = (leads) => leads.map((name) => `leads=${encodeURIComponent(name)}`).join("&");
