// What a model says as a layer on the picture. Pure.

import { rhythmName } from "../texts/annotations.js";
import { isBeat, isRhythm } from "../signal/marks.js";
import { classOf } from "../signal/markings.js";

/** @typedef {import("../view/layers.js").Layer} Layer */
/** @typedef {import("../view/layers.js").MarkLook} MarkLook */
/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */

/** Classes of beats are told apart by shape too: not everybody tells colours. @type {Readonly<Record<string, MarkLook>>} */
const CLASSES = Object.freeze({
    N: { colour: "one", shape: "tick" },
    S: { colour: "two", shape: "triangle" },
    V: { colour: "rare", shape: "square" },
    F: { colour: "four", shape: "diamond" },
    Q: { colour: "five", shape: "circle" },
});
const PALETTE = Object.freeze(["one", "two", "three", "four", "five", "six"]);

/**
 * Return which marks of a set are at least as sure as a threshold; one without a score always is.
 * @param {MarkSet} set
 * @param {number | null} threshold
 * @returns {number[]} their places
 */
export function sureOf({ sample, score }, threshold) {
    const places = Array.from(sample.keys());
    return score && threshold !== null ? places.filter((i) => !(score[i] < threshold)) : places;
}

/**
 * Return a set of a model as a layer: each class with its colour and shape, stretches as stretches.
 * @param {MarkSet} set
 * @param {number} order
 * @param {number | null} threshold
 * @returns {Layer}
 */
export function modelLayer(set, order, threshold = null) {
    const places = sureOf(set, threshold);
    /** @type {Map<string, number>} */
    const known = new Map();
    const label = Int32Array.from(places, (i) => {
        const said = labelOf(set, i);
        return known.get(said) ?? (known.set(said, known.size), known.size - 1);
    });
    const labels = [...known.keys()];
    const { stop, lead, own = [] } = set;
    return {
        sample: Float64Array.from(places, (i) => set.sample[i]),
        stop: stop ? Float64Array.from(places, (i) => stop[i]) : null,
        lead: lead ? Int32Array.from(places, (i) => lead[i]) : null,
        leads: own,
        label,
        labels: labels.map(rhythmName),
        looks: labels.map(lookOf),
        colour: "one",
        shape: "tick",
        order,
    };
}

/** @param {MarkSet} set @param {number} i */
function labelOf({ symbol, note, symbols, notes }, i) {
    const [what, words] = [symbols[symbol[i]], notes[note[i]]];
    return words && (what === '"' || isRhythm(what)) ? words : what;
}

/** @param {string} label @param {number} i @returns {MarkLook} */
function lookOf(label, i) {
    const found = label.length === 1 && isBeat(label) ? classOf(label) : null;
    return found ? CLASSES[found] : { colour: PALETTE[i % PALETTE.length], shape: "flag" };
}
