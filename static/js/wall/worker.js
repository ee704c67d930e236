// The ward in a thread of its own: it owns the socket and the canvas, and goes on drawing while the page
// is busy.

import { canDraw } from "../thread.js";
import { browserWorld } from "../world.js";
import { Ward } from "./ward.js";

/**
 * What is used of DedicatedWorkerGlobalScope.
 * @typedef {{
 *   onmessage: ((event: { data: any }) => void) | null,
 *   postMessage(message: unknown): void,
 * }} Scope
 */
const scope = /** @type {Scope} */ (/** @type {unknown} */ (self));

/** @type {Ward | null} */
let ward = null;

scope.onmessage = (/** @type {{ data: any }} */ { data }) => {
    if (data.ask === "canvas") {
        ward = new Ward(data.canvas, browserWorld(data.query), (message) => scope.postMessage(message));
    } else {
        ward?.ask(data);
    }
};

scope.postMessage({ say: canDraw() ? "able" : "unable" });
