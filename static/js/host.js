// Starts a viewer where it runs best, and speaks to it in the same way wherever that is.

import { Viewer } from "./viewer.js";
import { browserWorld } from "./world.js";

/** @typedef {import("./messages.js").Ask} Ask */
/** @typedef {import("./messages.js").Say} Say */
/** @typedef {{ where: "worker" | "page", ask(message: Ask): void }} Host */

/** Milliseconds in which a worker has to say that it can draw. */
const PATIENCE_MS = 4000;

/**
 * Return a viewer that draws on `canvas`.
 * @param {HTMLCanvasElement} canvas
 * @param {{ worker: boolean, hear: (message: Say) => void }} options `worker`: whether to use one
 * @returns {Promise<Host>}
 */
export async function hostViewer(canvas, { worker, hear }) {
    const thread = worker ? await ableWorker() : null;
    if (!thread) {
        const viewer = new Viewer(canvas, browserWorld(), hear);
        return { where: "page", ask: (message) => viewer.ask(message) };
    }
    thread.onmessage = ({ data }) => hear(data);
    const offscreen = canvas.transferControlToOffscreen();
    thread.postMessage({ ask: "canvas", canvas: offscreen }, [offscreen]);
    return { where: "worker", ask: (message) => thread.postMessage(message) };
}

/** @returns {Promise<Worker | null>} */
function ableWorker() {
    if (typeof Worker !== "function" || !("transferControlToOffscreen" in HTMLCanvasElement.prototype)) {
        return Promise.resolve(null);
    }
    return new Promise((resolve) => {
        const thread = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
        /** @param {boolean} able */
        const settle = (able) => {
            clearTimeout(timer);
            thread.onmessage = thread.onerror = null;
            if (!able) thread.terminate();
            resolve(able ? thread : null);
        };
        const timer = setTimeout(() => settle(false), PATIENCE_MS);
        thread.onmessage = ({ data }) => settle(data.say === "able");
        thread.onerror = () => settle(false);
    });
}
