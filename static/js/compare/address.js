// The address of a comparison, read and written, and what of it cannot be shown.

import { COMPARE } from "../texts/compare.js";
import { strayIn } from "../ui/stray.js";
import { positionWords, spanWords } from "../ui/words.js";
import { GAINS } from "../view/geometry.js";

/** What of a window nobody sees: an address is rounded, and must not be said to be wrong when it is read again. */
const UNSEEN = 1 / 1000;

/** @typedef {{ record: string, leads: string, start: number }} Side `start` in samples of those leads */
/** @typedef {{ one: Side, other: Side, spanS: number, gain: number, locked: boolean }} Comparison */

/** @param {URLSearchParams} query @param {string} name @param {number} otherwise */
function number(query, name, otherwise) {
    const said = Number(query.get(name) ?? NaN);
    return Number.isFinite(said) && said >= 0 ? said : otherwise;
}

/**
 * @param {string} search `location.search`
 * @returns {Comparison}
 */
export function readComparison(search) {
    const query = new URLSearchParams(search);
    const gain = number(query, "gain", 10);
    const one = { record: query.get("record") ?? "", leads: query.get("leads") ?? "", start: number(query, "start", 0) };
    return {
        one,
        other: {
            record: query.get("record2") ?? one.record,
            leads: query.get("leads2") ?? one.leads,
            start: number(query, "start2", one.start),
        },
        spanS: number(query, "span", 10),
        gain: GAINS.includes(gain) ? gain : 10,
        locked: query.get("locked") !== "0",
    };
}

/** @param {Comparison} comparison */
export function writeComparison({ one, other, spanS, gain, locked }) {
    const query = new URLSearchParams({
        record: one.record, leads: one.leads, start: String(Math.round(one.start)),
        record2: other.record, leads2: other.leads, start2: String(Math.round(other.start)),
        span: String(Number(spanS.toPrecision(6))), gain: String(gain),
    });
    if (!locked) query.set("locked", "0");
    return `?${query.toString().replaceAll("%2C", ",")}`;
}

/**
 * Return the parts of an address that say nothing that this page knows.
 * @param {string} search `location.search`
 */
export function strayParts(search) {
    const { one, other, spanS, gain, locked } = readComparison(search);
    const names = ["record", "leads", "record2", "leads2"];
    return strayIn(search, names, { start: one.start, start2: other.start, span: spanS, gain, locked });
}

/**
 * Say what is shown of a stretch instead of what an address asks for.
 * @param {string} search `location.search`
 * @param {"one" | "other"} id
 * @param {import("../view/sheet.js").Look} look what is shown
 * @param {number} fs
 * @returns {string[]} empty = what was asked for
 */
export function movedWords(search, id, look, fs) {
    const asked = readComparison(search);
    const { start } = asked[id];
    const told = [];
    const span = new URLSearchParams(search).get("span");
    if (Number(span ?? NaN) === asked.spanS && Math.abs(look.windowS - asked.spanS) > look.windowS * UNSEEN) {
        told.push(COMPARE.otherSpan(`span=${span}`, spanWords(look.windowS)));
    }
    if (start - look.start > Math.max(1, look.windowS * fs * UNSEEN)) {
        const name = start === asked.one.start ? "start" : "start2";
        told.push(COMPARE.moved(`${name}=${start}`, positionWords(look.start / fs, true)));
    }
    return told;
}
