// The address of a view, read and written: what is in it reproduces the picture.

import { isOn, NONE, parsed, written } from "../filter/presets.js";
import { GAINS, PAPER_SPEEDS, WINDOW } from "../view/geometry.js";
import { hasColumns, isSheet, PAGE_S } from "../view/sheets.js";
import { EXTRAS } from "./desk.js";
import { plus, strayIn } from "./stray.js";

/** Seconds of the longest window that a link may ask for: a month. */
const LONGEST_S = 2_678_400;

/** @typedef {import("../view/geometry.js").Display} Display */
/** What a person chooses of the picture's look. @typedef {Pick<Display, "mode" | "windowS" | "mmPerS" | "mmPerMv" | "motion" | "sheet">} Looks */
/** @typedef {import("../view/sheet.js").Look} Look */
/**
 * @typedef {{
 *   record: string, leads: string, at: number, speed: number, paused: boolean,
 *   worker: boolean, looks: Partial<Looks>, look: Look | null, times: Record<string, number>,
 *   filter: import("../filter/presets.js").Preset, calipers: string,
 * }} View
 * `leads` as in the address: names joined by commas, empty = all ECG leads. `at` in samples. `look`: where
 * the person looks, null = at what is played. `times`: leads that are drawn larger, or turned over.
 */

/** By how much a lead is drawn larger or smaller than the gain says. */
export const TIMES = [0.25, 0.5, 1, 2, 4];

/** @type {Looks} */
export const USUAL = { mode: "fit", windowS: WINDOW.usual, mmPerS: 25, mmPerMv: 10, motion: "sweep", sheet: "rows" };

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
            sheet: plus(query.get("layout")),
        }),
        look: readLook(query.get("look"), query.get("span")),
        times: readTimes(query.get("times") ?? ""),
        filter: parsed(plus(query.get("filter"))) ?? NONE,
        calipers: query.get("calipers") ?? "",
    };
}

/**
 * Return the parts of an address that say nothing that this page knows: they are left out, but not in silence.
 * @param {string} search `location.search`
 * @returns {string[]} each as it stands there
 */
export function strayParts(search) {
    const { at, speed, looks, look, times, filter, paused, worker } = readLink(search);
    return strayIn(search, ["record", "leads", "calipers", ...EXTRAS], {
        at, speed, window: looks.windowS, paper: looks.mmPerS, gain: looks.mmPerMv, look: look?.start, span: look?.windowS,
        mode: looks.mode, motion: looks.motion, layout: looks.sheet, filter: written(filter),
        times: timesText(times), paused, worker,
    });
}

/** @param {string | null} start @param {string | null} span @returns {Look | null} */
function readLook(start, span) {
    const from = within(start, 0, Number.MAX_SAFE_INTEGER);
    const windowS = within(span, WINDOW.least, LONGEST_S);
    return from === null || windowS === null ? null : { start: from, windowS };
}

/**
 * Return what `II:2,V1:-1` says: a name may hold a comma or a colon, the number comes last.
 * @param {string} text
 */
export function readTimes(text) {
    /** @type {Record<string, number>} */
    const times = {};
    for (const [, name, said] of text.matchAll(/(?:^|,)(.+?):(-?[\d.]+)(?=,|$)/g)) {
        if (TIMES.includes(Math.abs(Number(said)))) times[name] = Number(said);
    }
    return times;
}

/** @param {Record<string, number>} times */
const timesText = (times) =>
    Object.entries(times)
        .map(([name, by]) => `${name}:${by}`)
        .join(",");

/**
 * Return what of `said` is a choice that there is.
 * @param {Record<string, unknown>} said
 * @returns {Partial<Looks>}
 */
export function readLooks(said) {
    /** @type {Partial<Looks>} */
    const looks = {};
    const { mode, motion, sheet } = said;
    if (isSheet(sheet)) looks.sheet = sheet;
    if (mode === "fit" || mode === "calibrated") looks.mode = mode;
    if (motion === "sweep" || motion === "scroll") looks.motion = motion;
    const window = within(said["windowS"], WINDOW.least, LONGEST_S);
    if (window !== null) looks.windowS = window;
    // A page in columns has a length of its own, whoever asks for it.
    else if (looks.sheet && hasColumns(looks.sheet) && looks.mode !== "calibrated") looks.windowS = PAGE_S;
    const mmPerS = Number(said["mmPerS"]);
    if (PAPER_SPEEDS.includes(mmPerS)) looks.mmPerS = mmPerS;
    const mmPerMv = Number(said["mmPerMv"]);
    if (GAINS.includes(mmPerMv)) looks.mmPerMv = mmPerMv;
    return looks;
}

/**
 * Return the query that reproduces a view.
 * @param {{
 *   record: string, leads: string[], at: number, speed: number, paused: boolean, worker: boolean, looks: Looks,
 *   look: Look | null, times: Record<string, number>, filter: import("../filter/presets.js").Preset, calipers: string,
 *   carried?: Readonly<Record<string, string>>,
 * }} view `calipers` as measure/link.js writes them; `carried`: parts of modules beside the picture
 */
export function writeLink({ record, leads, at, speed, paused, worker, looks, look, times, filter, calipers, carried = {} }) {
    const query = new URLSearchParams({ record });
    if (leads.length) query.set("leads", leads.join(","));
    query.set("at", String(at));
    query.set("speed", String(speed));
    query.set("mode", looks.mode);
    if (looks.mode === "fit") query.set("window", String(looks.windowS));
    else query.set("paper", String(looks.mmPerS));
    query.set("gain", String(looks.mmPerMv));
    query.set("motion", looks.motion);
    query.set("layout", looks.sheet);
    if (look) {
        query.set("look", String(Math.round(look.start)));
        query.set("span", String(Number(look.windowS.toPrecision(6))));
    }
    const larger = timesText(Object.fromEntries(Object.entries(times).filter(([, by]) => by !== 1)));
    if (larger) query.set("times", larger);
    if (calipers) query.set("calipers", calipers);
    if (isOn(filter)) query.set("filter", written(filter));
    for (const name of EXTRAS) if (carried[name]) query.set(name, carried[name]);
    if (paused) query.set("paused", "1");
    if (!worker) query.set("worker", "0");
    // A comma may stand in a query as it is, and is easier to read.
    return `?${query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
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
