// The address of a view, read and written: what is in it reproduces the picture.

import { GAINS, PAPER_SPEEDS, WINDOW } from "../view/geometry.js";

/** @typedef {import("../view/geometry.js").Display} Display */
/** What a person chooses of the picture's look. @typedef {Pick<Display, "mode" | "windowS" | "mmPerS" | "mmPerMv" | "motion">} Looks */
/**
 * @typedef {{
 *   record: string, leads: string, at: number, speed: number, paused: boolean,
 *   worker: boolean, looks: Partial<Looks>,
 * }} View
 * `leads` as in the address: names joined by commas, empty = all ECG leads. `at` in samples.
 */

/** @type {Looks} */
export const USUAL = { mode: "fit", windowS: WINDOW.usual, mmPerS: 25, mmPerMv: 10, motion: "sweep" };

/**
 * @param {string} search `location.search`
 * @returns {View}
 */
export function readLink(search) {
    const query = new URLSearchParams(search);
    const at = Number(query.get("at") ?? 0);
    return {
        record: query.get("record") ?? "",
        leads: query.get("leads") ?? "",
        at: Number.isSafeInteger(at) && at >= 0 ? at : 0,
        speed: within(query.get("speed"), 0.1, 32) ?? 1,
        paused: query.get("paused") === "1",
        worker: query.get("worker") !== "0",
        looks: readLooks({
            mode: query.get("mode"),
            windowS: query.get("window"),
            mmPerS: query.get("paper"),
            mmPerMv: query.get("gain"),
            motion: query.get("motion"),
        }),
    };
}

/**
 * Return what of `said` is a choice that there is.
 * @param {Record<string, unknown>} said
 * @returns {Partial<Looks>}
 */
export function readLooks(said) {
    /** @type {Partial<Looks>} */
    const looks = {};
    const { mode, motion } = said;
    if (mode === "fit" || mode === "calibrated") looks.mode = mode;
    if (motion === "sweep" || motion === "scroll") looks.motion = motion;
    const window = within(said["windowS"], WINDOW.least, WINDOW.most);
    if (window !== null) looks.windowS = window;
    const mmPerS = Number(said["mmPerS"]);
    if (PAPER_SPEEDS.includes(mmPerS)) looks.mmPerS = mmPerS;
    const mmPerMv = Number(said["mmPerMv"]);
    if (GAINS.includes(mmPerMv)) looks.mmPerMv = mmPerMv;
    return looks;
}

/**
 * Return the query that reproduces a view.
 * @param {{ record: string, leads: string[], at: number, speed: number, paused: boolean, worker: boolean, looks: Looks }} view
 */
export function writeLink({ record, leads, at, speed, paused, worker, looks }) {
    const query = new URLSearchParams({ record });
    if (leads.length) query.set("leads", leads.join(","));
    query.set("at", String(at));
    query.set("speed", String(speed));
    query.set("mode", looks.mode);
    if (looks.mode === "fit") query.set("window", String(looks.windowS));
    else query.set("paper", String(looks.mmPerS));
    query.set("gain", String(looks.mmPerMv));
    query.set("motion", looks.motion);
    if (paused) query.set("paused", "1");
    if (!worker) query.set("worker", "0");
    // A comma may stand in a query as it is, and is easier to read.
    return `?${query.toString().replaceAll("%2C", ",")}`;
}

/**
 * Return the names that `text` lists, as far as they are known, and the rest. A name may hold a comma.
 * @param {string} text
 * @param {string[]} known
 * @returns {{ found: string[], unknown: string[] }}
 */
export function readLeads(text, known) {
    const parts = text.split(",").filter((part) => part !== "");
    /** @type {string[]} */
    const found = [];
    /** @type {string[]} */
    const unknown = [];
    for (let i = 0; i < parts.length; ) {
        let taken = 0;
        for (let upTo = parts.length; upTo > i && !taken; upTo--) {
            const name = parts.slice(i, upTo).join(",");
            if (!known.includes(name)) continue;
            if (!found.includes(name)) found.push(name);
            taken = upTo - i;
        }
        if (!taken) unknown.push(parts[i]);
        i += taken || 1;
    }
    return { found, unknown };
}

/** @param {unknown} value @param {number} least @param {number} most @returns {number | null} */
function within(value, least, most) {
    if (value === null || value === undefined || value === "") return null;
    const number = Number(value);
    return number >= least && number <= most ? number : null;
}
