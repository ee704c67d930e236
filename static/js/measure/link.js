// Calipers as a short text for an address (`calipers=`), and back.
//
// `t_II_3600_3888*b_V1_100_142_-0.12_1.04`: one after the other, joined by `*`; kind, lead, samples, and where a height
// is measured its two ends in mV, joined by `_`. A mark that is not set is empty. In a name `_`, `*` and `%`
// are written as in an address (`%5F`), whatever the address does to them once more.

import { MEASURES, MOST } from "./calipers.js";
import { STEPS } from "./qt.js";

/** @typedef {import("./calipers.js").Caliper} Caliper */
/** @typedef {import("./calipers.js").Kind} Kind */
/** @typedef {import("./calipers.js").Mark} Mark */

/** @type {Readonly<Record<Kind, string>>} */
const LETTERS = Object.freeze({ time: "t", amplitude: "a", both: "b", march: "m", qt: "q" });

/** Decimals of a height in mV: a hundredth of what a caliper may be wrong by. */
const DECIMALS = 4;

/** A millivolt more than this is no ECG's. */
const MOST_MV = 1e4;

/** @param {Kind} kind */
const hasHeight = (kind) => kind !== "qt" && MEASURES[kind].height;

/** @param {string} name */
const escaped = (name) => encodeURIComponent(name).replaceAll("_", "%5F").replaceAll("*", "%2A");

/** @param {readonly Caliper[]} calipers */
export function writeCalipers(calipers) {
    return calipers
        .map(({ kind, lead, marks }) => {
            const samples = marks.map((mark) => (mark ? String(mark.sample) : ""));
            const heights = marks.map((mark) => (mark?.mv === null || !mark ? "" : String(Number(mark.mv.toFixed(DECIMALS)))));
            return [LETTERS[kind], escaped(lead), ...samples, ...(hasHeight(kind) ? heights : [])].join("_");
        })
        .join("*");
}

/**
 * Return the calipers that a text tells of, numbered from 1, and how many of it could not be read.
 * @param {string} text
 * @returns {{ calipers: Caliper[], unread: number }}
 */
export function readCalipers(text) {
    const parts = text.split("*").filter((part) => part !== "");
    const calipers = parts.slice(0, MOST).flatMap((part) => readOne(part) ?? []);
    calipers.forEach((caliper, i) => {
        caliper.id = i + 1;
    });
    return { calipers, unread: parts.length - calipers.length };
}

/** @param {string} text @returns {Caliper | null} */
function readOne(text) {
    const [letter, name, ...numbers] = text.split("_");
    const kind = /** @type {Kind | undefined} */ (Object.entries(LETTERS).find((entry) => entry[1] === letter)?.[0]);
    const lead = unescaped(name ?? "");
    if (!kind || !lead) return null;
    const count = kind === "qt" ? STEPS.length : 2;
    if (numbers.length !== (hasHeight(kind) ? 2 * count : count)) return null;
    /** @type {(Mark | null)[]} */
    const marks = [];
    for (let i = 0; i < count; i++) {
        const sample = numbers[i] === "" ? null : Number(numbers[i]);
        const mv = (numbers[count + i] ?? "") === "" ? null : Number(numbers[count + i]);
        if (sample !== null && !(Number.isSafeInteger(sample) && sample >= 0)) return null;
        if (mv !== null && !(Math.abs(mv) <= MOST_MV)) return null;
        marks.push(sample === null ? null : { sample, mv });
    }
    // Only the guide may be half done.
    const set = marks.filter((mark) => mark !== null).length;
    if (set === 0 || (kind !== "qt" && set < count)) return null;
    return { id: 0, kind, lead, marks, row: null };
}

/** @param {string} name */
function unescaped(name) {
    try {
        return decodeURIComponent(name);
    } catch {
        return "";
    }
}
