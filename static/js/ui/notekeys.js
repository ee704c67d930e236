// The keys while one annotates, and what they do.

import { symbolFor } from "../notes/palette.js";

/**
 * `samples`: by how much a side is moved, on its handle alone.
 * @typedef {{ act: "undo" | "redo" | "place" | "remove" | "leave" | "before" | "next" | "write" }
 *   | { act: "symbol", symbol: string } | { act: "move", samples: number }} Doing
 * Where the focus is: on a handle in the picture, on something that takes Enter and Space itself, on a list that takes letters,
 * on a field to type in, or elsewhere.
 * @typedef {"handle" | "button" | "select" | "field" | "elsewhere"} On
 */

/** What Shift multiplies a step by. */
const FAR = 10;

/** @type {Record<string, Doing>} */
const KEYS = {
    Delete: { act: "remove" }, Backspace: { act: "remove" }, Escape: { act: "leave" }, "<": { act: "before" }, ">": { act: "next" },
};

/**
 * Return what a key does; null for nothing, and where what has the focus has a use for it.
 * @param {{ key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, altKey: boolean, getModifierState?: (key: string) => boolean }} event
 * @param {On} on
 * @param {boolean} symbols whether keys of symbols mean these
 * @returns {Doing | null}
 */
export function doingOf(event, on, symbols) {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (on === "field") return null;
    if (ctrlKey !== metaKey && !altKey) {
        const typed = key.toLowerCase();
        if (typed === "z") return { act: shiftKey ? "redo" : "undo" };
        return typed === "y" ? { act: "redo" } : null;
    }
    if (ctrlKey || metaKey || altKey) return symbolOf(event, on, symbols);
    if (on === "handle" && (key === "ArrowLeft" || key === "ArrowRight")) {
        return { act: "move", samples: (key === "ArrowLeft" ? -1 : 1) * (shiftKey ? FAR : 1) };
    }
    if (key === "Enter") return on === "handle" ? { act: "write" } : on === "elsewhere" ? { act: "place" } : null;
    if (on === "select" && key !== "Escape") return null;
    if (Object.hasOwn(KEYS, key)) return KEYS[key];
    return symbolOf(event, on, symbols);
}

/** @param {Parameters<typeof symbolFor>[0]} event @param {On} on @param {boolean} symbols @returns {Doing | null} */
function symbolOf(event, on, symbols) {
    const symbol = symbols && on !== "select" ? symbolFor(event) : null;
    return symbol === null ? null : { act: "symbol", symbol };
}


/** Whether one types there. @param {EventTarget | null} target */
export const isField = (target) =>
    (target instanceof HTMLInputElement && !["checkbox", "file", "range"].includes(target.type)) || target instanceof HTMLTextAreaElement;

/** @param {EventTarget | null} target @param {boolean} handle @returns {On} */
export function onOf(target, handle) {
    if (handle) return "handle";
    if (isField(target)) return "field";
    if (target instanceof HTMLSelectElement) return "select";
    if (!(target instanceof Element)) return "elsewhere";
    return target.closest("button, a, input") ? "button" : "elsewhere";
}
