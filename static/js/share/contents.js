// What the address of a view tells whoever gets it: each of its parameters, in words. Pure.

import { parsed } from "../filter/presets.js";
import { readCalipers } from "../measure/link.js";
import { SHARE } from "../texts/share.js";
import { SHEETS, VIEW } from "../texts/view.js";
import { readTimes } from "../ui/link.js";
import { momentOf, positionWords } from "../ui/words.js";
import { isSheet } from "../view/sheets.js";

/** `names`: the parameters of the address that it tells of. @typedef {{ names: string[], what: string, words: string }} Item */

/** @typedef {{ get: (name: string) => string | null, at: (name: string) => string }} Said `at`: a sample in words */

const { contains } = SHARE;

/** What a parameter is told under, and how. @type {{ names: string[], what: string, words: (said: Said) => (string | null)[] }[]} */
const TELLINGS = [
    { names: ["record"], what: contains.record, words: ({ get }) => [get("record")] },
    { names: ["leads"], what: contains.leads, words: ({ get }) => [(get("leads") ?? "").split(",").join(", ")] },
    {
        names: ["look", "span"], what: contains.sight,
        words: ({ get, at }) => [SHARE.from(get("look") === null ? "" : at("look"), SHARE.seconds(get("span") ?? ""))],
    },
    {
        names: ["at", "speed", "paused"], what: contains.playback,
        words: ({ get, at }) => [
            get("at") === null ? null : at("at"),
            get("speed") === null ? null : SHARE.pace(get("speed") ?? ""),
            get("paused") === "1" ? SHARE.paused : null,
        ],
    },
    {
        names: ["mode", "window", "paper", "gain", "motion"], what: contains.scales,
        words: ({ get }) => [
            get("mode") === "fit" ? SHARE.fit : get("mode") === "calibrated" ? SHARE.calibrated : get("mode"),
            get("window") === null ? null : SHARE.window(get("window") ?? ""),
            get("paper") === null ? null : SHARE.mmPerS(get("paper") ?? ""),
            get("gain") === null ? null : SHARE.mmPerMv(get("gain") ?? ""),
            get("motion"),
        ],
    },
    { names: ["layout"], what: contains.layout, words: ({ get }) => [sheetWords(get("layout") ?? "")] },
    { names: ["times"], what: contains.times, words: ({ get }) => [timesWords(readTimes(get("times") ?? "")) || get("times")] },
    { names: ["filter"], what: contains.filter, words: ({ get }) => [filterWords(get("filter") ?? "")] },
    { names: ["calipers"], what: contains.calipers, words: ({ get }) => [caliperWords(get("calipers") ?? "")] },
    { names: ["worker"], what: contains.worker, words: ({ get }) => [get("worker") === "0" ? SHARE.mainThread : SHARE.worker] },
];

/**
 * Return what an address contains, nothing left out: what is not known here is told as it is.
 * @param {string} address a whole one
 * @param {number} fs of the samples that it counts in
 * @returns {Item[]}
 */
export function contentsOf(address, fs) {
    const { host, searchParams: query } = new URL(address);
    const get = (/** @type {string} */ name) => query.get(name);
    const at = (/** @type {string} */ name) => {
        const sample = Number(get(name));
        return fs > 0 ? SHARE.at(positionWords(momentOf(sample, fs), true), String(get(name))) : SHARE.sample(String(get(name)));
    };
    /** @type {Item[]} */
    const items = [{ names: [], what: contains.server, words: host }];
    for (const { names, what, words } of TELLINGS) {
        const there = names.filter((name) => query.has(name));
        if (!there.length) continue;
        items.push({ names: there, what, words: words({ get, at }).filter(Boolean).join(", ") });
    }
    const told = new Set(items.flatMap(({ names }) => names));
    for (const [name, value] of query) {
        if (!told.has(name)) items.push({ names: [name], what: contains.other, words: `${name}=${value}` });
    }
    return items;
}

/** @param {string} sheet */
function sheetWords(sheet) {
    const name = sheet.replaceAll(" ", "+");
    return isSheet(name) ? SHEETS[name] : sheet;
}

/** @param {string} filter */
function filterWords(filter) {
    const preset = parsed(filter.replaceAll(" ", "+"));
    return preset ? VIEW.filter(preset) : filter;
}

/** @param {string} text */
function caliperWords(text) {
    const { calipers, unread } = readCalipers(text);
    return SHARE.calipers(calipers.length + unread, [...new Set(calipers.map(({ lead }) => lead))].join(", "));
}

/** Leads drawn larger or turned over, in words. @param {Record<string, number>} times */
export const timesWords = (times) =>
    Object.entries(times).filter(([, by]) => by !== 1).map(([name, by]) => SHARE.times(name, by)).join(", ");
