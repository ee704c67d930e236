// The keys of a caliper's handle, and what they do.

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
