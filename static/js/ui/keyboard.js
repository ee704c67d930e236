// The keyboard of the viewer: a key to an action, unless what has the focus has a use for it.

import { actionFor, BINDINGS, ofSelect, WHILE_ANNOTATING } from "./keys.js";
import { anyPart, isOpen } from "./page.js";

/**
 * Have keys do what they say, and the help tell of them.
 * @param {Record<import("./keys.js").Action, () => void>} actions
 */
export function listen(actions) {
    document.addEventListener("keydown", (event) => {
        if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
        const action = actionFor(event);
        if (!action || isTaken(event)) return;
        event.preventDefault();
        actions[action]();
    });
    anyPart("keys").replaceChildren(...[...BINDINGS, ...WHILE_ANNOTATING].flatMap(helpFor));
}

/** Whether what has the focus wants the key. @param {KeyboardEvent} event */
function isTaken({ key, target }) {
    // A select is steered by arrows and letters, its open list by any key; a button by the space bar.
    if (target instanceof HTMLSelectElement) return isOpen(target) || ofSelect(key);
    const pressed = key === " " || key === "Enter";
    if (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement) return pressed;
    return target instanceof HTMLInputElement && target.id === "window" && key.startsWith("Arrow");
}

/** @param {Pick<import("./keys.js").Binding, "shown" | "words">} binding */
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
