// Starts a viewer where it runs best, and speaks to it in the same way wherever that is.

import { ableWorker } from "./thread.js";
import { Viewer } from "./viewer.js";
import { browserWorld } from "./world.js";

/** @typedef {import("./messages.js").Ask} Ask */
/** @typedef {import("./messages.js").Say} Say */
/** @typedef {{ where: "worker" | "page", ask(message: Ask): void }} Host */

/**
 * Return a viewer that draws on `canvas`.
 * @param {HTMLCanvasElement} canvas
 * @param {{ worker: boolean, hear: (message: Say) => void }} options `worker`: whether to use one
 * @returns {Promise<Host>}
 */
export async function hostViewer(canvas, { worker, hear }) {
    const thread = worker ? await ableWorker(new URL("./worker.js", import.meta.url)) : null;
    if (!thread) {
        const viewer = new Viewer(canvas, browserWorld(), hear);
        return { where: "page", ask: (message) => viewer.ask(message) };
    }
    thread.onmessage = ({ data }) => hear(data);
    const offscreen = canvas.transferControlToOffscreen();
    thread.postMessage({ ask: "canvas", canvas: offscreen }, [offscreen]);
    return { where: "worker", ask: (message) => thread.postMessage(message) };
}
