// A wall as the server defines it: asked for, checked, asked for again.

import { NET } from "../texts/net.js";
import { WALL } from "../texts/wall.js";

/** @typedef {import("./messages.js").Wall} Wall */
/** @typedef {import("./bed.js").BedPlan} BedPlan */

/** An answer that is no wall. `status` is HTTP's, 0 where nothing came. */
export class NoWall extends Error {
    /** @param {number} status @param {string} message */
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}

/** Milliseconds after which an answer is given up. */
const PATIENCE_MS = 8000;
const MOST_BEDS = 36;

/**
 * Ask for the wall; null where it is the one of `etag`.
 * @param {string} source
 * @param {string | null} etag
 * @returns {Promise<{ wall: Wall, etag: string | null } | null>}
 */
export async function askForWall(source, etag) {
    let response;
    try {
        response = await fetch(source, {
            headers: { Accept: "application/json", ...(etag ? { "If-None-Match": etag } : {}) },
            // With an ETag of ours, the answer may be 304: the browser's own store is out of it.
            cache: "no-store",
            signal: AbortSignal.timeout(PATIENCE_MS),
        });
    } catch {
        throw new NoWall(0, NET.noAnswer);
    }
    if (response.status === 304) return null;
    /** @type {any} */
    let body = null;
    try {
        body = await response.json();
    } catch {
        // Not from our server.
    }
    if (!response.ok) throw new NoWall(response.status, String(body?.detail ?? body?.title ?? response.statusText));
    try {
        return { wall: readWall(body), etag: response.headers.get("ETag") };
    } catch (error) {
        throw new NoWall(response.status, error instanceof Error ? error.message : String(error));
    }
}

/**
 * Return what `body` says. Throws TypeError with the field that is none.
 * @param {any} body
 * @returns {Wall}
 */
export function readWall(body) {
    if (typeof body !== "object" || body === null || !Array.isArray(body.beds)) throw new TypeError("beds: not a list");
    const { beds, name = null, title, version, privacy, dim = null, toml } = body;
    if (beds.length < 1 || beds.length > MOST_BEDS) throw new TypeError(`beds: 1 to ${MOST_BEDS}, not ${beds.length}`);
    return {
        name: name === null ? null : String(name),
        title: String(title ?? name ?? ""),
        version: String(version ?? ""),
        mm_per_s: positive(body.mm_per_s, "mm_per_s"),
        mm_per_mv: positive(body.mm_per_mv, "mm_per_mv"),
        privacy: privacy === true,
        dim: dim === null ? null : { from: String(dim.from), to: String(dim.to), brightness: Number(dim.brightness) },
        beds: beds.map(readBed),
        toml: String(toml ?? ""),
    };
}

/**
 * @param {any} bed @param {number} i
 * @returns {BedPlan}
 */
function readBed(bed, i) {
    const where = `beds[${i}]`;
    const missing = typeof bed?.missing === "string" ? bed.missing : null;
    if (typeof bed?.record !== "string" || !Array.isArray(bed.leads) || (!bed.leads.length && missing === null)) {
        throw new TypeError(`${where}: a record and its leads are missing`);
    }
    return {
        label: String(bed.label ?? WALL.bed(i + 1)),
        pseudonym: bed.pseudonym === null || bed.pseudonym === undefined ? null : String(bed.pseudonym),
        record: bed.record,
        kind: bed.kind === "live" ? "live" : "stored",
        at: bed.at === "live" ? "live" : "shared",
        fs: missing === null ? positive(bed.fs, `${where}.fs`) : 1,
        missing,
        leads: bed.leads.map((/** @type {any} */ lead) => ({
            name: String(lead.name),
            unit: lead.unit === null || lead.unit === undefined ? null : String(lead.unit),
            gain: Number(lead.gain),
            baseline: Number(lead.baseline),
            kind: String(lead.kind ?? ""),
        })),
    };
}

/** @param {unknown} value @param {string} field */
function positive(value, field) {
    if (typeof value !== "number" || !(value > 0)) throw new TypeError(`${field}: not a number above 0`);
    return value;
}

/**
 * Trade a one-time code for a cookie. Throws NoWall.
 * @param {string} code
 */
export async function tradeCode(code) {
    let response;
    try {
        response = await fetch("/api/v1/session", {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ code }),
            signal: AbortSignal.timeout(PATIENCE_MS),
        });
    } catch {
        throw new NoWall(0, WALL.noAnswer);
    }
    if (response.ok) return;
    const busy = response.status === 429 || response.status >= 500;
    throw new NoWall(response.status, busy ? WALL.takesNoCode : WALL.badCode);
}
