// The viewer in a thread of its own: it owns the socket and the canvas, and goes on drawing while the
// page is busy.

import { canDraw } from "./thread.js";
import { Viewer } from "./viewer.js";
import { browserWorld } from "./world.js";

/**
 * What is used of DedicatedWorkerGlobalScope.
 * @typedef {{
 *   onmessage: ((event: { data: any }) => void) | null,
 *   postMessage(message: unknown): void,
 * }} Scope
 */
const scope = /** @type {Scope} */ (/** @type {unknown} */ (self));

/** @type {Viewer | null} */
let viewer = null;

scope.onmessage = (/** @type {{ data: any }} */ { data }) => {
    if (data.ask === "canvas") {
        viewer = new Viewer(data.canvas, browserWorld(), (message) => scope.postMessage(message));
    } else {
        viewer?.ask(data);
    }
};

scope.postMessage({ say: canDraw() ? "able" : "unable" });
