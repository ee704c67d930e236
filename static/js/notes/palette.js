// The symbols that a note can have, and the keys that mean them. Pure.

import { SYMBOLS } from "../texts/annotations.js";

/** In the order of WFDB's own list, by what they mark. @type {Readonly<Record<"beats" | "rhythm" | "waves" | "other", readonly string[]>>} */
export const GROUPS = Object.freeze({
    beats: Object.freeze([..."NLRBAaJSVrFejnE/fQ?"]),
    rhythm: Object.freeze([..."+[!]"]),
    waves: Object.freeze([..."()ptux"]),
    other: Object.freeze([...'"~|sT*D=^@']),
});

/** Those that have a button of their own: what most reading of a record is made of. @type {readonly string[]} */
export const COMMON = Object.freeze(['"', "N", "V", "A", "S", "F", "/", "Q", "+", "[", "]", "~"]);

/** Keys that stay the viewer's though they are symbols: help, and more and less of the window. */
const KEPT = new Set(["?", "="]);

/**
 * Return the symbol that a key means, as it is typed: `a` is another than `A`. Null where it means none.
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, getModifierState?: (key: string) => boolean }} event
 */
export function symbolFor(event) {
    const { key, ctrlKey, metaKey, altKey } = event;
    // On many keyboards a bracket is typed with AltGr, which some browsers tell as Ctrl and Alt.
    const typed = event.getModifierState?.("AltGraph") || !(ctrlKey || metaKey || altKey);
    return typed && !KEPT.has(key) && Object.hasOwn(SYMBOLS, key) ? key : null;
}
