// Where two sets disagree, as a layer on the picture. Pure.

/** @typedef {import("../view/layers.js").Layer} Layer */
/** @typedef {import("../view/layers.js").MarkLook} MarkLook */
/** @typedef {import("../net/agreement.js").Disagreement} Disagreement */

/** What is wrong: a beat is missed, made up, or called another thing. @type {Readonly<Record<string, MarkLook>>} */
const WRONG = Object.freeze({
    missed: { colour: "wrong", shape: "cross" },
    extra: { colour: "six", shape: "triangle" },
    other: { colour: "two", shape: "square" },
    same: { colour: "right", shape: "circle" },
});

/** @param {string} cell `N/V` @returns {"missed" | "extra" | "other" | "same"} */
export function kindOf(cell) {
    const [reference, test] = cell.split("/");
    if (test === "O" || test === "X") return "missed";
    if (reference === "O" || reference === "X") return "extra";
    return reference === test ? "same" : "other";
}

/**
 * Return disagreements as a layer.
 * @param {Disagreement[]} found in order of time, at the record's rate
 * @param {number} scale samples shown for one of the record
 * @param {number} chosen the place of the one that is looked at, -1 = none
 * @returns {Layer}
 */
export function errorLayer(found, scale, chosen) {
    const cells = [...new Set(found.map(({ cell }) => cell))];
    return {
        sample: Float64Array.from(found, ({ sample }) => Math.round(sample * scale)),
        label: Int32Array.from(found, ({ cell }) => cells.indexOf(cell)),
        labels: cells,
        looks: cells.map((cell) => WRONG[kindOf(cell)]),
        colour: "wrong",
        shape: "cross",
        edge: "bottom",
        order: 25,
        emphasis: chosen,
    };
}
