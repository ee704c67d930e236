// What is known of the beats of a record: sheets of it as they come, joined. Pure.

import { lowerBound } from "./sorted.js";

/** @typedef {import("../net/beats.js").BeatSheet} BeatSheet */
/** @typedef {import("../net/beats.js").Blind} Blind */
/** @typedef {import("../net/beats.js").Run} Run */
/** @typedef {import("../net/beats.js").Looked} Looked */
/** @typedef {import("../net/beats.js").Rates} Rates */
/**
 * `blocked`: runs across which nothing is counted: not looked at, or not known yet; sorted.
 * @typedef {{
 *   sample: Float64Array, symbol: string, blind: Blind[], pauses: Run[], leads: Looked[], rates: Rates, known: Run[],
 *   blocked: Run[],
 * }} Beats
 */

/** Seconds of a part that is asked for at once: a page of most layouts is in one or two. */
const PART_S = 600;

export class BeatBook {
    #length;
    #part;
    /** Sheets side by side, by where they start. @type {Map<number, BeatSheet>} */
    #sheets = new Map();
    /** @type {Beats | null} */
    #joined = null;

    /** @param {number} fs of the record @param {number} length in samples */
    constructor(fs, length) {
        this.#length = length;
        this.#part = Math.max(1, Math.round(PART_S * fs));
    }

    /**
     * Return the runs to ask for so that all of [from, to) is known: first those that were not complete.
     * @param {number} from
     * @param {number} to
     * @returns {Run[]}
     */
    missing(from, to) {
        const sheets = [...this.#sheets.values()];
        const again = sheets.filter(({ start, stop, complete }) => !complete && start < to && stop > from);
        /** @type {Run[]} */
        const runs = again.map(({ start, stop }) => ({ start, stop }));
        const first = Math.max(0, Math.floor(from / this.#part));
        for (let start = first * this.#part; start < Math.min(to, this.#length); start += this.#part) {
            const stop = Math.min(start + this.#part, this.#length);
            if (sheets.some((sheet) => sheet.start <= start && sheet.stop >= stop)) continue;
            const last = runs.at(-1);
            if (last && last.stop === start && runs.length > again.length) last.stop = stop;
            else runs.push({ start, stop });
        }
        return runs;
    }

    /** Whether all of the record is known: only then is a count that of the record. */
    get whole() {
        return this.missing(0, this.#length).length === 0;
    }

    /** @param {BeatSheet} sheet of a run that was missing */
    put(sheet) {
        this.#sheets.set(sheet.start, sheet);
        this.#joined = null;
    }

    /** All that is known. */
    get beats() {
        this.#joined ??= this.#join();
        return this.#joined;
    }

    /** @returns {Beats} */
    #join() {
        const sheets = [...this.#sheets.values()].sort((a, b) => a.start - b.start);
        const known = joinedRuns(sheets.flatMap(({ analysed }) => analysed), () => true);
        const blind = joinedRuns(sheets.flatMap((sheet) => sheet.blind), (a, b) => a.why === b.why);
        const leads = joinedRuns(sheets.flatMap((sheet) => sheet.leads), (a, b) => a.lead === b.lead);
        /** @type {Run[]} */
        const pauses = [];
        for (const pause of sheets.flatMap((sheet) => sheet.pauses)) {
            // One that reaches into the next sheet is told by both.
            const last = pauses.at(-1);
            if (last && pause.start <= last.start) last.stop = Math.max(last.stop, pause.stop);
            else pauses.push({ ...pause });
        }
        const blocked = joinedRuns(
            [...blind, ...between(known, this.#length)].sort((a, b) => a.start - b.start).map(({ start, stop }) => ({ start, stop })),
            () => true,
        );
        return {
            sample: numbersOf(sheets.map(({ sample }) => sample)),
            symbol: sheets[0]?.symbol ?? "",
            blind, pauses, leads, known, blocked,
            rates: {
                sample: numbersOf(sheets.map(({ rates }) => rates.sample)),
                bpm: numbersOf(sheets.map(({ rates }) => rates.bpm)),
                why: sheets.flatMap(({ rates }) => rates.why),
            },
        };
    }
}

/**
 * Return runs, those that go on from one to the next (or lie in it) as one.
 * @template {Run} R
 * @param {R[]} runs sorted by start
 * @param {(a: R, b: R) => boolean} same
 */
function joinedRuns(runs, same) {
    /** @type {R[]} */
    const out = [];
    for (const run of runs) {
        const last = out.at(-1);
        if (last && last.stop >= run.start && same(last, run)) last.stop = Math.max(last.stop, run.stop);
        else out.push({ ...run });
    }
    return out;
}

/** Return what lies between runs. @param {Run[]} runs sorted, disjoint @param {number} length @returns {Run[]} */
function between(runs, length) {
    const edges = [{ start: 0, stop: 0 }, ...runs, { start: length, stop: length }];
    return edges.slice(1).map(({ start }, i) => ({ start: edges[i].stop, stop: start })).filter(({ start, stop }) => stop > start);
}

/** @param {Float64Array[]} parts */
function numbersOf(parts) {
    const out = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
        out.set(part, at);
        at += part.length;
    }
    return out;
}

/** Return the run that a sample lies in; null = in none. @template {Run} R @param {readonly R[]} runs sorted @param {number} sample @returns {R | null} */
export function runAt(runs, sample) {
    const after = lowerBound(runs.map(({ start }) => start), sample + 1);
    const run = runs[after - 1];
    return run && sample < run.stop ? run : null;
}
