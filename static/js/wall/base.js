// Which millivolts the base line of a row stands for: 0, until the signal has left the row. Nothing is
// filtered: the whole picture is moved by a round number, seldom, and the tile says by which. Pure.

import { WALL } from "../texts/wall.js";

/** Millivolts of which a base is a multiple. */
const STEP_MV = 0.5;

/**
 * The part of the row in which a signal is seen with its waves, and the part of its samples that has to be
 * there. Few: no rhythm, however wide its beats and slow its wander, may move the line it is read by.
 */
const WITHIN = 0.8;
const SEEN = 0.25;

/** Seconds that are looked at, and the least of them that have to be there: a lead that is off has no middle. */
export const LOOK_BACK_S = 8;
const LEAST_S = 2;

/**
 * Return the base for a lead.
 * @param {number[]} mv samples of LOOK_BACK_S, evenly, NaN where nothing stands
 * @param {{ above: number, below: number }} room of the row, in mV from its base line
 * @param {number} base in mV, until now
 */
export function baseFor(mv, { above, below }, base) {
    const there = mv.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    if (there.length * LOOK_BACK_S < LEAST_S * mv.length || !there.length) return base;
    const seen = there.filter((value) => value - base < WITHIN * above && base - value < WITHIN * below);
    if (seen.length >= SEEN * there.length) return base;
    return Math.round(there[Math.floor(there.length / 2)] / STEP_MV) * STEP_MV;
}

/**
 * Return a base in words, those of several leads together where they are the same.
 * @param {{ name: string }[]} leads
 * @param {number[]} bases in mV, of each
 */
export function basesWords(leads, bases) {
    /** @type {Map<number, string[]>} */
    const names = new Map();
    leads.forEach(({ name }, i) => {
        if (bases[i]) names.set(bases[i], [...(names.get(bases[i]) ?? []), name]);
    });
    return [...names].map(([base, of]) => WALL.base(of.join(" "), signed(base)));
}

/** @param {number} base in mV */
export function signed(base) {
    return `${base > 0 ? "+" : "\u2212"}${Math.abs(base)}`;
}
