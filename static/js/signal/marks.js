// Annotations of a record: what kind each is, and which comes next. Pure.

import { lowerBound, upperBound } from "./sorted.js";

/**
 * A set as columns, sorted by `sample` (at the rate of the record). `symbol` and `note` are places in
 * `symbols` and `notes`, `chan` in `leads`. `readOnly` false: people write into it here. A set of a model has `stop` (NaN = a point), `score` (NaN = none) and `lead`,
 * places in `own` (-1 = of all leads); `source` says where a set is from.
 * @typedef {{
 *   name: string, sample: Float64Array, symbol: Int32Array, note: Int32Array, chan: Int32Array,
 *   symbols: string[], notes: string[], leads: string[], readOnly?: boolean, source?: string | null,
 *   stop?: Float64Array | null, score?: Float64Array | null, lead?: Int32Array | null, own?: string[],
 * }} MarkSet
 * @typedef {{ sample: number, symbol: string, note: string, set: string, lead: string | null }} Mark
 * @typedef {"all" | "beats" | "rhythm" | "comments"} Filter
 */

/** The symbols that mark a QRS complex (WFDB). */
export const BEATS = "NLRBAaJSVrFejnE/fQ?";

/** @type {readonly Filter[]} */
export const FILTERS = Object.freeze(["all", "beats", "rhythm", "comments"]);

/** Seconds: marks that stand nearer in the middle are several on each beat: no heart beats 240 times a minute for long. */
const NEAR_S = 0.25;
/** Fewer marks than this tell nothing of how they stand. */
const FEW_MARKS = 8;

/**
 * Return whether a set marks the waves of beats: most of its marks stand nearer to the next one than beats do.
 * @param {Pick<MarkSet, "sample">} set
 * @param {number} fs the rate of its samples
 */
export function marksWaves({ sample }, fs) {
    if (sample.length < FEW_MARKS) return false;
    let near = 0;
    // At one sample several may say one thing, each of its own lead.
    let apart = 0;
    for (let i = 1; i < sample.length; i++) {
        if (sample[i] === sample[i - 1]) continue;
        apart++;
        if (sample[i] - sample[i - 1] < NEAR_S * fs) near++;
    }
    return apart >= FEW_MARKS - 1 && near > apart / 2;
}

/** @param {string} symbol */
export const isBeat = (symbol) => symbol !== "" && BEATS.includes(symbol);

/** Whether the rhythm changes there: a change that is named, flutter or fibrillation that begins or ends. @param {string} symbol */
export const isRhythm = (symbol) => symbol === "+" || symbol === "[" || symbol === "]";

/**
 * Return whether a mark is of a kind: `beats` are those that are not normal, `comments` what has a text that
 * names no rhythm.
 * @param {Filter} filter
 * @param {string} symbol
 * @param {string} note
 */
export function isOf(filter, symbol, note) {
    switch (filter) {
        case "beats":
            return isBeat(symbol) && symbol !== "N";
        case "rhythm":
            return isRhythm(symbol);
        case "comments":
            return symbol === '"' || (note !== "" && !isRhythm(symbol));
        default:
            return true;
    }
}

/**
 * Return the marks of a kind.
 * @param {MarkSet[]} sets
 * @param {(symbol: string, note: string) => boolean} wanted
 * @returns {Mark[]}
 */
export function marksOf(sets, wanted) {
    return sets
        .flatMap((set) => {
            const chosen = chooser(set, wanted);
            /** @type {Mark[]} */
            const found = [];
            for (let i = 0; i < set.sample.length; i++) if (chosen(i)) found.push(markAt(set, i));
            return found;
        })
        .sort((a, b) => a.sample - b.sample);
}

/**
 * Return the nearest mark of a kind behind or before a sample; null where there is none.
 * @param {MarkSet[]} sets
 * @param {Filter} filter
 * @param {number} from
 * @param {1 | -1} way 1 = later than `from`, -1 = earlier
 * @returns {Mark | null}
 */
export function nextMark(sets, filter, from, way) {
    /** @type {Mark | null} */
    let best = null;
    for (const set of sets) {
        const chosen = chooser(set, (symbol, note) => isOf(filter, symbol, note));
        const { sample } = set;
        let i = way > 0 ? upperBound(sample, from) : lowerBound(sample, from) - 1;
        while (i >= 0 && i < sample.length && !chosen(i)) i += way;
        if (i < 0 || i >= sample.length) continue;
        if (!best || (sample[i] - best.sample) * way < 0) best = markAt(set, i);
    }
    return best;
}

/**
 * Return the nearest run that begins behind or before a sample; null where there is none.
 * @template {{ start: number }} R
 * @param {R[]} runs sorted by start
 * @param {number} from
 * @param {1 | -1} way
 * @returns {R | null}
 */
export function nextRun(runs, from, way) {
    const found = way > 0 ? runs.find(({ start }) => start > from) : runs.findLast(({ start }) => start < from);
    return found ?? null;
}

/** @param {MarkSet} set @param {(symbol: string, note: string) => boolean} wanted */
function chooser(set, wanted) {
    // Decided once for each symbol and note, not for each of 150,000 beats.
    const table = set.symbols.map((symbol) => set.notes.map((note) => wanted(symbol, note)));
    return (/** @type {number} */ i) => table[set.symbol[i]][set.note[i]];
}

/** @param {MarkSet} set @param {number} i @returns {Mark} */
export const markAt = (set, i) => ({
    sample: set.sample[i],
    symbol: set.symbols[set.symbol[i]],
    note: set.notes[set.note[i]],
    set: set.name,
    lead: set.leads[set.chan[i]] ?? null,
});
