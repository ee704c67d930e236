// A file that the server makes: fetched whole, told how far it has come, and named as the server says.

import { NET } from "../texts/net.js";
import { get, RequestFailed } from "./api.js";

/** @typedef {{ file: Blob, name: string }} Made */
/** How much has come, and how much there is; null = not said. @typedef {(done: number, of: number | null) => void} Progress */

/**
 * Fetch a file. Raises RequestFailed, with status 0 where the line broke; what `signal` ends raises an AbortError.
 * @param {{ path: string, signal: AbortSignal, progress: Progress }} wish
 * @returns {Promise<Made>}
 */
export async function fetchFile({ path, signal, progress }) {
    const response = await get(path, "*/*", signal);
    const said = Number(response.headers.get("Content-Length") ?? NaN);
    const of = Number.isSafeInteger(said) && said > 0 ? said : null;
    const type = response.headers.get("Content-Type") ?? "";
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const pieces = [];
    let done = 0;
    const reader = response.body?.getReader();
    try {
        for (let piece = await reader?.read(); reader && piece && !piece.done; piece = await reader.read()) {
            pieces.push(piece.value);
            done += piece.value.length;
            progress(done, of);
        }
    } catch (error) {
        if (signal.aborted) throw error;
        throw new BrokenOff();
    }
    // Half a file is none. A length that a proxy counted before it unpacked is smaller, never larger.
    if (of !== null && done < of) throw new BrokenOff();
    return { file: new Blob(pieces, { type }), name: nameIn(response.headers.get("Content-Disposition") ?? "") };
}

/** The answer began, and did not come whole. */
export class BrokenOff extends RequestFailed {
    constructor() {
        super(0, NET.brokenOff);
    }
}

/**
 * Return the name of a file, as `attachment; filename="..."` says; never a path.
 * @param {string} disposition
 */
export function nameIn(disposition) {
    const name = /filename="([^"]*)"/.exec(disposition)?.[1] ?? "";
    return name.replaceAll(/[/\\]/g, "-") || "export";
}
