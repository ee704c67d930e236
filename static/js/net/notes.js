// Annotations that people write, over HTTP: read, made, changed, deleted; their history, their files.

import { readNote } from "../notes/note.js";
import { get, pathOf, RequestFailed } from "./api.js";
import { NET } from "../texts/net.js";

/** @typedef {import("../notes/note.js").Note} Note */
/** @typedef {import("../notes/note.js").Fields} Fields */
/** @typedef {import("../notes/book.js").Request} Request */
/** @typedef {import("../notes/book.js").Outcome} Outcome */
/** @typedef {Exclude<Outcome, { kind: "away" }> | { kind: "away", retryAfterS: number | null, words: string, status: number }} Answer */
/** @typedef {"wfdb" | "parquet" | "csv" | "json"} Format */

/** Annotations of a page in JSON. */
const PAGE = 10_000;

/** @param {string} record */
const path = (record) => `${pathOf(record)}/annotations`;

/** Statuses after which the same may go well: too many, nobody there, not now. */
const AGAIN = new Set([0, 408, 429, 500, 502, 503, 504]);

/**
 * Return all that people wrote in a record.
 * @param {string} record
 * @returns {Promise<{ sets: string[], others: string[], notes: Note[] }>} `sets`: the names of those that can be written
 */
export async function fetchNotes(record) {
    const { sets } = await page(record, "limit=1");
    const names = sets.filter(({ read_only }) => read_only === false).map(({ name }) => String(name));
    /** @type {Note[]} */
    const notes = [];
    for (const name of names) {
        /** @type {string | null} */
        let cursor = "";
        while (cursor !== null) {
            const more = await page(record, `set=${encodeURIComponent(name)}&limit=${PAGE}${cursor && `&cursor=${cursor}`}`);
            for (const set of more.sets) for (const one of set["annotations"] ?? []) notes.push(readNote(one, name));
            cursor = more.next;
        }
    }
    return { sets: names, others: sets.map(({ name }) => String(name)).filter((name) => !names.includes(name)), notes };
}

/**
 * @param {string} record
 * @param {string} query
 * @returns {Promise<{ sets: Record<string, any>[], next: string | null }>}
 */
async function page(record, query) {
    const body = /** @type {any} */ (await (await get(`${path(record)}?${query}`, "application/json", undefined)).json());
    // Where the store cannot be had the other sets are told all the same.
    if (typeof body?.store === "string") throw new RequestFailed(503, body.store);
    return { sets: Array.isArray(body?.sets) ? body.sets : [], next: typeof body?.next === "string" ? body.next : null };
}

/**
 * Send a change. Never throws: what went wrong is said.
 * @param {string} record
 * @param {Request} request
 * @returns {Promise<Answer>}
 */
export async function sendNote(record, request) {
    try {
        return { kind: "done", note: readNote(await (await asked(record, request)).json()) };
    } catch (error) {
        if (error instanceof Conflicting) return { kind: "conflict", current: readNote(error.current), by: error.by };
        if (!(error instanceof RequestFailed)) return { kind: "refused", words: error instanceof Error ? error.message : String(error) };
        const { status, retryAfterS, message } = error;
        // Whoever is not logged in can do that in another tab, and nothing is lost.
        if (AGAIN.has(status) || status === 401) return { kind: "away", retryAfterS, words: message, status };
        return { kind: "refused", words: message };
    }
}

/** @param {string} record @param {Request} request @returns {Promise<Response>} */
function asked(record, request) {
    const one = `${path(record)}/${encodeURIComponent(request.id)}`;
    if (request.kind === "remove") return send("DELETE", `${one}?version=${request.version}`);
    if (request.kind === "change") return send("PUT", one, { version: request.version, ...request.fields });
    const { id, set, sample, stop, lead, symbol, subtype, num, aux_note, tags } = request.note;
    return send("POST", path(record), { id, set, sample, stop, lead, symbol, subtype, num, aux_note, tags });
}

/** Somebody else was first. */
class Conflicting extends Error {
    /** @param {unknown} current @param {string} by */
    constructor(current, by) {
        super("conflict");
        this.current = current;
        this.by = by;
    }
}

/**
 * @param {string} method
 * @param {string} address
 * @param {object | Blob} [body]
 * @returns {Promise<Response>}
 */
async function send(method, address, body) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json" };
    const file = body instanceof Blob;
    if (body) headers["Content-Type"] = file ? "application/octet-stream" : "application/json";
    let response;
    try {
        response = await fetch(address, { method, headers, body: file ? body : body && JSON.stringify(body) });
    } catch {
        throw new RequestFailed(0, NET.noAnswer);
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    if (response.status === 409 && problem.current) throw new Conflicting(problem.current, String(problem.changed_by ?? ""));
    const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    const words = String(problem.detail ?? problem.title ?? response.statusText);
    throw new RequestFailed(response.status, words, Number.isNaN(seconds) ? null : seconds);
}

/**
 * Return all versions of an annotation, the first one first.
 * @param {string} record
 * @param {string} id
 * @returns {Promise<Note[]>}
 */
export async function fetchHistory(record, id) {
    const answer = await get(`${path(record)}/${encodeURIComponent(id)}/history`, "application/json", undefined);
    const body = /** @type {any} */ (await answer.json());
    return (body?.versions ?? []).map((/** @type {unknown} */ one) => readNote(one, "")).sort(
        (/** @type {Note} */ a, /** @type {Note} */ b) => a.version - b.version,
    );
}

/**
 * Return where a set is had as a file.
 * @param {string} record
 * @param {string} set
 * @param {Format} format
 */
export const exportAddress = (record, set, format) => `${path(record)}/export?set=${encodeURIComponent(set)}&format=${format}`;

/**
 * Read a file into a set. Throws RequestFailed.
 * @param {string} record
 * @param {{ set: string, format: Format, file: Blob, readOnly: boolean }} wish
 * @returns {Promise<number>} how many annotations it had
 */
export async function importNotes(record, { set, format, file, readOnly }) {
    const query = `set=${encodeURIComponent(set)}&format=${format}${readOnly ? "&read_only=1" : ""}`;
    const body = /** @type {any} */ (await (await send("POST", `${path(record)}/import?${query}`, file)).json());
    return Number(body?.count ?? body?.imported ?? 0);
}
