// @ts-check
/**
 * The records of the server, over HTTP. Answers are taken as the protocol has them; every
 * failure is a `Failure` that says what to do about it.
 *
 * @typedef {import("./model.js").RecordItem} RecordItem
 * @typedef {import("./model.js").Details} Details
 * @typedef {import("./model.js").RecordPage} RecordPage
 */

import { askedOf } from "./choice.js";
import { RECORDS } from "../texts/records.js";

/** As the server words why JSON cannot carry a window. */
const INFINITE = "infinite";

/** Why there is no answer. */
export class Failure extends Error {
    /**
     * @param {"login" | "away" | "refused"} kind `login`: not logged in; `away`: the server cannot
     *   be reached or cannot answer now, so try again; `refused`: asking again would not help
     * @param {string} message
     * @param {number | null} retryAfterMs
     */
    constructor(kind, message, retryAfterMs = null) {
        super(message);
        this.kind = kind;
        this.retryAfterMs = retryAfterMs;
    }
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>} rejects with `Failure`, or with the signal's reason
 */
async function getJson(url, signal) {
    let response;
    try {
        response = await fetch(url, { signal, headers: { accept: "application/json" } });
    } catch (error) {
        if (signal.aborted) throw error;
        throw new Failure("away", RECORDS.noAnswer);
    }
    if (!response.ok) throw await failureOf(response);
    try {
        return await response.json();
    } catch (error) {
        if (signal.aborted) throw error;
        throw new Failure("away", RECORDS.brokenOff);
    }
}

/** @param {Response} response @returns {Promise<Failure>} */
export async function failureOf(response) {
    /** @type {{detail?: unknown, retry_after_ms?: unknown}} */
    let problem = {};
    try {
        problem = /** @type {typeof problem} */ (await response.json());
    } catch {
        // Not a problem document, so something before the server spoke: its status says enough.
    }
    const detail =
        typeof problem.detail === "string" ? problem.detail : RECORDS.answered(response.status);
    const seconds = Number(response.headers.get("retry-after") ?? NaN);
    const asked =
        typeof problem.retry_after_ms === "number"
            ? problem.retry_after_ms
            : Number.isFinite(seconds)
                ? seconds * 1000
                : null;
    if (response.status === 401) return new Failure("login", detail);
    const again = response.status === 429 || [502, 503, 504].includes(response.status);
    return new Failure(again ? "away" : "refused", detail, asked);
}

/**
 * Some records of a list, and how many there are in all.
 * @param {import("./choice.js").Choice} choice
 * @param {number} first place in the list
 * @param {number} limit
 * @param {AbortSignal} signal
 */
export async function fetchRecords(choice, first, limit, signal) {
    const asked = askedOf(choice);
    if (first) asked.set("offset", String(first));
    asked.set("limit", String(limit));
    return /** @type {RecordPage} */ (await getJson(`/api/v1/records?${asked}`, signal));
}

/**
 * What the list can be narrowed down to.
 * @param {AbortSignal} signal
 */
export async function fetchFacets(signal) {
    return /** @type {import("./filters.js").Facets} */ (await getJson("/api/v1/facets", signal));
}

/**
 * The walls that hang here.
 * @param {AbortSignal} signal
 */
export async function fetchWalls(signal) {
    const { walls } = /** @type {{walls: {name: string, title: string, beds: number}[]}} */ (
        await getJson("/api/v1/walls", signal)
    );
    return walls;
}

/**
 * A record's gaps and quality.
 * @param {string} record
 * @param {AbortSignal} signal
 */
export async function fetchDetails(record, signal) {
    return /** @type {Details} */ (
        await getJson(`/api/v1/records/${encodeURIComponent(record)}`, signal)
    );
}

/**
 * Samples [start, stop) of one lead as stored, null where missing or infinite.
 * @param {{record: string, lead: string, start: number, stop: number}} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<(number | null)[]>}
 */
export async function fetchWindow({ record, lead, start, stop }, signal) {
    const parameters = new URLSearchParams({ leads: lead, start: String(start), stop: String(stop) });
    try {
        const window = /** @type {{samples: Record<string, (number | null)[]>}} */ (
            await getJson(`/api/v1/records/${encodeURIComponent(record)}/window?${parameters}`, signal)
        );
        return window.samples[lead] ?? [];
    } catch (error) {
        if (!(error instanceof Failure) || !error.message.includes(INFINITE)) throw error;
    }
    // Seldom: what the viewer reads it by is fetched only now. An infinite sample is a gap there and here.
    const packed = await import("../net/api.js");
    const { values } = await packed.fetchWindow({ record, leads: [lead], start, stop, signal });
    return Array.from(values[0], (value) => (Number.isNaN(value) ? null : value));
}
