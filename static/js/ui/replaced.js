// The record that is looked at was replaced by a newer version of it: the page begins anew at the same
// place, so that nothing of the one before stays, be it a sample, a gap, a beat or a unit.

import { anyPart } from "./page.js";

/** Milliseconds within which it is not begun anew twice: of several servers one may be a moment behind. */
const AGAIN_MS = 3000;

/** @param {() => void} keep writes the place into the address */
export function beginAnew(keep) {
    // What is on the paper is of a record that is no more.
    anyPart("paper").style.visibility = "hidden";
    keep();
    const since = Date.now() - (history.state?.replaced ?? 0);
    setTimeout(() => {
        history.replaceState({ replaced: Date.now() }, "");
        location.reload();
    }, since < AGAIN_MS ? AGAIN_MS - since : 0);
}
