// How annotations look on the picture: which colour and shape what kind of mark has. Pure.

import { rhythmName } from "../texts/annotations.js";
import { isBeat, isRhythm } from "./marks.js";

/** @typedef {import("../view/layers.js").Layer} Layer */
/** @typedef {import("./marks.js").MarkSet} MarkSet */
/** @typedef {import("./beatbook.js").Beats} Beats */

/** The five classes of AAMI EC57. @typedef {"N" | "S" | "V" | "F" | "Q"} BeatClass */

/** @type {Readonly<Record<BeatClass, string>>} */
const CLASSES = { N: "NLRBej", S: "AaJSn", V: "VEr", F: "F", Q: "/fQ?" };

/**
 * Return the class of a beat's symbol; null for what marks no beat.
 * @param {string} symbol
 * @returns {BeatClass | null}
 */
export function classOf(symbol) {
    if (!isBeat(symbol)) return null;
    const found = /** @type {[BeatClass, string][]} */ (Object.entries(CLASSES)).find(([, symbols]) => symbols.includes(symbol));
    return found ? found[0] : "Q";
}

/**
 * Return the look of a symbol: what is not normal is told apart by colour and by its letter, what marks no beat by its shape.
 * @param {string} symbol
 * @returns {import("../view/layers.js").MarkLook | null}
 */
export function lookOf(symbol) {
    switch (classOf(symbol)) {
        case "V":
        case "F":
            return { colour: "rare" };
        case "S":
            return { colour: "two" };
        case "N":
        case "Q":
            return null;
        default:
            return { colour: "note", shape: isRhythm(symbol) ? "flag" : "diamond" };
    }
}

/**
 * Return a set as a layer: each mark with its letter, its text where it has one.
 * @param {MarkSet} set
 * @param {number} order
 * @returns {Layer}
 */
export function setLayer({ sample, symbol, note, symbols, notes }, order) {
    /** @type {Map<number, number>} */
    const known = new Map();
    /** @type {string[]} */
    const labels = [];
    /** @type {Layer["looks"] & object} */
    const looks = [];
    const label = new Int32Array(sample.length);
    for (let i = 0; i < sample.length; i++) {
        const key = symbol[i] * notes.length + note[i];
        let at = known.get(key);
        if (at === undefined) {
            at = labels.length;
            known.set(key, at);
            const said = notes[note[i]];
            const text = isRhythm(symbols[symbol[i]]) ? rhythmName(said) : said;
            // A beat says what it is by its letter; of others the text says more.
            labels.push(text && !isBeat(symbols[symbol[i]]) ? text : [symbols[symbol[i]], text].filter(Boolean).join(" "));
            /** @type {(import("../view/layers.js").MarkLook | null)[]} */ (looks).push(lookOf(symbols[symbol[i]]));
        }
        label[i] = at;
    }
    return { sample, label, labels, looks, colour: "set", shape: "tick", order };
}

/**
 * Return beats as a layer: a tick each, the ms to the next one, and what was not looked at, with the reason. Without
 * their symbol: a Q over each R would be read as a Q wave, and says only that the class is not known.
 * @param {Pick<Beats, "sample" | "blind">} beats
 * @param {Float64Array} rr
 * @param {number} by samples that are shown for each of the record's
 * @param {(why: string) => string} words
 * @returns {Layer}
 */
export function beatsLayer({ sample, blind }, rr, by, words) {
    const size = sample.length + blind.length;
    const labels = [""];
    /** @type {(import("../view/layers.js").MarkLook | null)[]} */
    const looks = [null];
    const layer = {
        sample: new Float64Array(size), stop: new Float64Array(size).fill(NaN), label: new Int32Array(size),
        rr: new Float64Array(size).fill(NaN), labels, looks, colour: "beat", shape: /** @type {const} */ ("tick"), order: 0,
    };
    for (let at = 0, i = 0, k = 0; at < size; at++) {
        if (k >= blind.length || (i < sample.length && sample[i] < blind[k].start)) {
            layer.sample[at] = Math.round(sample[i] * by);
            layer.rr[at] = rr[i++];
            continue;
        }
        const { start, stop, why } = blind[k++];
        const text = words(why);
        if (!labels.includes(text)) {
            labels.push(text);
            looks.push({ shape: "blind" });
        }
        layer.sample[at] = Math.round(start * by);
        layer.stop[at] = Math.round(stop * by);
        layer.label[at] = labels.indexOf(text);
    }
    return layer;
}

/**
 * Return pauses as a layer: how long each is, from beat to beat.
 * @param {readonly { start: number, stop: number }[]} pauses
 * @param {number} by samples that are shown for each of the record's
 * @param {(samples: number) => string} words of how long one is, in samples of the record
 * @returns {Layer}
 */
export function pausesLayer(pauses, by, words) {
    return {
        sample: Float64Array.from(pauses, ({ start }) => Math.round(start * by)),
        stop: Float64Array.from(pauses, ({ stop }) => Math.round(stop * by)),
        label: Int32Array.from(pauses, (_, i) => i), labels: pauses.map(({ start, stop }) => words(stop - start)),
        colour: "rare", shape: "tick", order: 1,
    };
}
