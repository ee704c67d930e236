// The keys of a caliper's handle: one table for what they do and for the help that tells of them.

import { MEASURE } from "../texts/measure.js";

/** By how many samples, or mV, a mark is moved; or what else is done. @typedef {{ samples?: number, mv?: number, act?: "next" | "remove" | "leave" }} Doing */

/** What Shift multiplies a step by, and mV of a step of a height. */
const FAR = 10;
const STEP_MV = 0.01;

/** @type {Record<string, Doing>} */
const KEYS = {
    ArrowLeft: { samples: -1 },
    ArrowRight: { samples: 1 },
    ArrowUp: { mv: STEP_MV },
    ArrowDown: { mv: -STEP_MV },
    Enter: { act: "next" },
    Delete: { act: "remove" },
    Backspace: { act: "remove" },
    Escape: { act: "leave" },
};

/**
 * Return what a key does on a handle; null for nothing.
 * @param {{ key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, altKey: boolean }} event
 * @returns {Doing | null}
 */
export function doingOf({ key, shiftKey, ctrlKey, metaKey, altKey }) {
    if (ctrlKey || metaKey || altKey || !Object.hasOwn(KEYS, key)) return null;
    const { samples, mv, act } = KEYS[key];
    const far = shiftKey ? FAR : 1;
    if (samples !== undefined) return { samples: samples * far };
    return mv !== undefined ? { mv: mv * far } : { act };
}

/** For the help of the page, as its bindings are. @type {readonly { shown: readonly string[], words: string }[]} */
export const HANDLE_KEYS = Object.freeze([
    { shown: ["\u2190", "\u2192"], words: MEASURE.keys.samples },
    { shown: ["\u2191", "\u2193"], words: MEASURE.keys.height },
    { shown: ["Shift"], words: MEASURE.keys.far },
    { shown: ["Enter"], words: MEASURE.keys.next },
    { shown: ["Delete"], words: MEASURE.keys.remove },
    { shown: ["Esc"], words: MEASURE.keys.leave },
]);
