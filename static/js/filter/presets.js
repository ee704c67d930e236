// The filters that can be chosen, what of them is done at a rate, and what that is called.
// The same as ecgstream/analysis/filters.py; tests/vectors/filters.json holds both to it.

import { FILTER } from "../texts/filter.js";

/** @typedef {"none" | "diagnostic" | "monitor"} Name */
/** `notch` in Hz, null = none. @typedef {{ name: Name, notch: 50 | 60 | null }} Preset */
/** Forward and backward over what is stored; forward alone over what is live. @typedef {"zeroPhase" | "causal"} Manner */
/** @typedef {"highPass" | "lowPass" | "notch"} Kind */

/**
 * What is done at a rate, in Hz; null = not asked for, or left out.
 * @typedef {{
 *   highPass: number | null, lowPass: number | null, notch: number | null,
 *   leftOut: { kind: Kind, hz: number }[],
 * }} Applied
 */

export const NAMES = Object.freeze(/** @type {Name[]} */ (["none", "diagnostic", "monitor"]));
export const NOTCHES = Object.freeze(/** @type {(50 | 60 | null)[]} */ ([null, 50, 60]));

/** Nothing is filtered unless asked for. */
export const NONE = Object.freeze(/** @type {Preset} */ ({ name: "none", notch: null }));

/** High pass and low pass in Hz: where the amplitude drawn is down by 3 dB. @type {Record<string, [number, number]>} */
const CORNERS = { diagnostic: [0.05, 150], monitor: [0.5, 40] };

/** Of fs, above which a corner is left out: nearer to fs / 2 its flank is bent out of shape. */
const HIGHEST = 0.4;

/** Hz of high pass from which it is said that the ST segment is not to be trusted. */
const ST_UNRELIABLE_FROM = 0.5;

/** @param {Preset} preset whether anything is asked for */
export const isOn = (preset) => preset.name !== "none" || preset.notch !== null;

/**
 * Return the preset as links carry it: `none`, `notch60`, `monitor+notch50`.
 * @param {Preset} preset
 */
export function written({ name, notch }) {
    const parts = [name === "none" ? "" : name, notch === null ? "" : `notch${notch}`].filter(Boolean);
    return parts.join("+") || "none";
}

/**
 * Return the preset that `text` names, null where it names none.
 * @param {string} text
 * @returns {Preset | null}
 */
export function parsed(text) {
    const all = NAMES.flatMap((name) => NOTCHES.map((notch) => ({ name, notch })));
    return all.find((preset) => written(preset) === text) ?? null;
}

/**
 * Return `preset` for a lead that is an ECG, and none for any other: a pressure would lose its level, a
 * pulse its shape.
 * @param {Preset} preset
 * @param {string} kind of the lead, as the catalog has it
 */
export const presetFor = (preset, kind) => (kind === "ecg" ? preset : NONE);

/**
 * Return what of `preset` is done at `fs` Hz.
 * @param {Preset} preset
 * @param {number} fs
 * @returns {Applied}
 */
export function applied({ name, notch }, fs) {
    const [high, low] = CORNERS[name] ?? [null, null];
    /** @type {Applied} */
    const done = { highPass: high, lowPass: low, notch, leftOut: [] };
    for (const kind of /** @type {Kind[]} */ (["highPass", "lowPass", "notch"])) {
        const hz = done[kind];
        if (hz === null || hz <= HIGHEST * fs) continue;
        done.leftOut.push({ kind, hz });
        done[kind] = null;
    }
    return done;
}

/**
 * Return in words what is done at `fs` Hz: to be shown beside each lead as long as a filter is on.
 * @param {Preset} preset
 * @param {number} fs
 * @param {Manner} [manner]
 */
export function label(preset, fs, manner = "zeroPhase") {
    const { highPass, lowPass, notch, leftOut } = applied(preset, fs);
    /** @param {Kind} kind @param {number} hz */
    const one = (kind, hz) => FILTER.one(short(hz), FILTER.kinds[kind]);
    const parts = [];
    if (highPass !== null && lowPass !== null) parts.push(FILTER.band(short(highPass), short(lowPass)));
    else if (highPass !== null) parts.push(one("highPass", highPass));
    else if (lowPass !== null) parts.push(one("lowPass", lowPass));
    if (notch !== null) parts.push(one("notch", notch));
    const said = [parts.length ? [...parts, FILTER.manners[manner]].join(", ") : FILTER.nothing];
    if (leftOut.length) {
        said.push(FILTER.leftOut(leftOut.map(({ kind, hz }) => one(kind, hz)), short(fs)));
    }
    if (highPass !== null && highPass >= ST_UNRELIABLE_FROM) said.push(FILTER.st);
    return said.join("; ");
}

/** @param {number} hz */
const short = (hz) => String(Number(hz.toPrecision(6)));
