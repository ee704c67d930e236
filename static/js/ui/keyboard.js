// The keyboard of the viewer: a key to an action, unless what has the focus has a use for it.

import { actionFor, ofSelect } from "./keys.js";
import { isOpen } from "./page.js";

/**
 * Have keys do what they say.
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
}

/** Whether what has the focus wants the key. @param {KeyboardEvent} event */
function isTaken({ key, target }) {
    // A select is steered by arrows and letters, its open list by any key; a button by the space bar.
    if (target instanceof HTMLSelectElement) return isOpen(target) || ofSelect(key);
    const pressed = key === " " || key === "Enter";
    if (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement) return pressed;
    return target instanceof HTMLInputElement && target.id === "window" && key.startsWith("Arrow");
}
