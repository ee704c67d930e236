// How annotations look on the picture: which colour and shape what kind of mark has. Pure.

import { rhythmName } from "../texts/annotations.js";
import { isBeat, isRhythm } from "./marks.js";

/** @typedef {import("../view/layers.js").Layer} Layer */
/** @typedef {import("./marks.js").MarkSet} MarkSet */

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
