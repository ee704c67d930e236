// The help that tells of the keys: filled when it is first opened.

import { CAPS, KEYS, NOTE_KEYS } from "../texts/keys.js";
import { BINDINGS } from "./keys.js";
import { anyPart, part } from "./page.js";

/** What is written on the keys, and what they do. @typedef {{ shown: string[], words: string }} Told */

/** What is written on the keys of an action, where that is not its first key in capitals. @type {Partial<Record<import("./keys.js").Action, string[]>>} */
const SHOWN = {
    playPause: [CAPS.space],
    back: ["\u2190"],
    on: ["\u2192"],
    backFar: [CAPS.shift, "\u2190"],
    onFar: [CAPS.shift, "\u2192"],
    backWindow: [CAPS.pageUp],
    onWindow: [CAPS.pageDown],
    start: [CAPS.home],
    end: [CAPS.end],
    higher: ["\u2191"],
    lower: ["\u2193"],
    wider: ["\u2212"],
    follow: [CAPS.escape],
};

/** Keys of the panel in which one annotates (ui/notekeys.js), for the help alone. @type {Told[]} */
export const WHILE_ANNOTATING = [
    { shown: ["V"], words: NOTE_KEYS.symbol },
    { shown: [CAPS.enter], words: NOTE_KEYS.place },
    { shown: ["\u2190", "\u2192"], words: NOTE_KEYS.move },
    { shown: ["<"], words: NOTE_KEYS.before },
    { shown: [">"], words: NOTE_KEYS.next },
    { shown: [CAPS.remove], words: NOTE_KEYS.remove },
    { shown: [CAPS.control, "Z"], words: NOTE_KEYS.undo },
    { shown: [CAPS.control, CAPS.shift, "Z"], words: NOTE_KEYS.redo },
];

/** @param {import("./keys.js").Binding} binding @returns {Told} */
export function toldOf({ action, keys, shift }) {
    const shown = SHOWN[action] ?? [...(shift ? [CAPS.shift] : []), keys[0].toUpperCase()];
    return { shown, words: KEYS[action] };
}

/** @param {Told} told */
function helpFor({ shown, words }) {
    const keys = document.createElement("dt");
    shown.forEach((key, i) => {
        if (i) keys.append(" ");
        const cap = document.createElement("kbd");
        cap.textContent = key;
        keys.append(cap);
    });
    const what = document.createElement("dd");
    what.textContent = words;
    return [keys, what];
}

/** Open it. */
export function showHelp() {
    anyPart("keys").replaceChildren(...[...BINDINGS.map(toldOf), ...WHILE_ANNOTATING].flatMap(helpFor));
    part("help-dialog", HTMLDialogElement).showModal();
}
