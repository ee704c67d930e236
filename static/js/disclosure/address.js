// The address of the page, read and written, and where it leads to.

import { strayIn } from "../ui/stray.js";
import { GAINS } from "../view/geometry.js";

/** Minutes a line may be long. */
export const MINUTES = [1, 2, 5];

/**
 * `lead` empty = the first ECG lead; `at` in samples of that lead, null = nobody came from anywhere;
 * `mmPerMv` null = the usual gain.
 * @typedef {{ record: string, lead: string, at: number | null, minutes: number, mmPerMv: number | null }} Address
 */

/**
 * @param {string} search `location.search`
 * @returns {Address}
 */
export function readAddress(search) {
    const query = new URLSearchParams(search);
    const said = query.get("at");
    const at = said === null || said === "" ? NaN : Number(said);
    const minutes = Number(query.get("minutes"));
    const gain = Number(query.get("gain"));
    return {
        record: query.get("record") ?? "",
        lead: query.get("lead") ?? "",
        at: Number.isSafeInteger(at) && at >= 0 ? at : null,
        minutes: MINUTES.includes(minutes) ? minutes : MINUTES[0],
        mmPerMv: GAINS.includes(gain) ? gain : null,
    };
}

/**
 * Return the parts of an address that say nothing that this page knows.
 * @param {string} search `location.search`
 */
export function strayParts(search) {
    const { at, minutes, mmPerMv } = readAddress(search);
    return strayIn(search, ["record", "lead"], { at, minutes, gain: mmPerMv });
}

/** @param {Address} address @returns {string} the query that reproduces the page */
export function writeAddress({ record, lead, at, minutes, mmPerMv }) {
    const query = new URLSearchParams({ record, lead });
    if (at !== null) query.set("at", String(at));
    if (minutes !== MINUTES[0]) query.set("minutes", String(minutes));
    if (mmPerMv !== null) query.set("gain", String(mmPerMv));
    return `?${query}`;
}

/** @typedef {{ name: string, kind: string, fs: number }} Known */

/**
 * Return the address of the viewer, paused at sample `at` of `lead`. It shows all ECG leads of the
 * record's rate, and counts in it; a lead that is not among these is shown alone.
 * @param {{ record: string, leads: readonly Known[], lead: Known, at: number }} place
 */
export function reviewAddress({ record, leads, lead, at }) {
    const query = new URLSearchParams({ record });
    const first = leads.find((one) => one.kind === "ecg");
    const among = first !== undefined && lead.kind === "ecg" && lead.fs === first.fs;
    if (!among) query.set("leads", lead.name);
    query.set("at", String(at));
    query.set("paused", "1");
    return `/review?${query}`;
}
